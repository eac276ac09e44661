import type { RunEnv } from 'testground-tg/sdk';
import type { Peer, Speaker } from './peers.ts';

/** A message between instances. */
export interface Rumour {
  readonly number: number;
  /** How many times it has been passed on; 0 at its origin. */
  readonly hop: number;
  /** When it started, in ns of the machine's clock, which all instances share. */
  readonly began: string;
}

/**
 * One instance of push gossip, "infect and die": it passes each new rumour on, once, to some other instances, chosen at
 * random (Demers et al., "Epidemic algorithms for replicated database maintenance", 1987).
 */
export class Gossip {
  readonly #runenv: RunEnv;
  readonly #speaker: Speaker;
  readonly #others: readonly Peer[];
  readonly #fanout: number;
  readonly #loss: number;
  /** How many times this instance has received each rumour. */
  readonly #heard = new Map<number, number>();

  constructor(runenv: RunEnv, speaker: Speaker, others: readonly Peer[]) {
    this.#runenv = runenv;
    this.#speaker = speaker;
    this.#others = others;
    this.#fanout = runenv.intParam('fanout');
    this.#loss = runenv.floatParam('loss');
  }

  /** The numbers of the rumours that this instance has received. */
  get known(): readonly number[] {
    return [...this.#heard.keys()];
  }

  /** Starts a rumour. */
  begin(number: number): void {
    this.hear({ number, hop: 0, began: String(process.hrtime.bigint()) });
  }

  hear(rumour: Rumour): void {
    const { number, hop, began } = rumour;
    const before = this.#heard.get(number) ?? 0;
    this.#heard.set(number, before + 1);
    if (before > 0) return;
    const ms = Number(process.hrtime.bigint() - BigInt(began)) / 1e6;
    if (hop > 0) this.#runenv.R().recordPoint(`latency,hop=${hop}`, ms);
    this.#runenv.recordMessage(`rumour ${number}: heard at hop ${hop}`);
    for (const peer of this.#runenv.random.shuffle(this.#others).slice(0, this.#fanout)) {
      if (this.#runenv.random.next() >= this.#loss) this.#speaker.tell(peer, { number, hop: hop + 1, began });
    }
  }

  /** How many times this instance has received the rumour again. */
  redundancy(number: number): number {
    return Math.max(0, (this.#heard.get(number) ?? 0) - 1);
  }
}
