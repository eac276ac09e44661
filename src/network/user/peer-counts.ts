import { type PairCounts, pairCountNames } from '../peers.ts';

const width = pairCountNames.length;
/** The index of each count of a pair. */
const sent = pairCountNames.indexOf('sent');
const sentBytes = pairCountNames.indexOf('sentBytes');
const received = pairCountNames.indexOf('received');
const receivedBytes = pairCountNames.indexOf('receivedBytes');
const drops = {
  lost: pairCountNames.indexOf('lost'),
  overflowed: pairCountNames.indexOf('overflowed'),
  unasked: pairCountNames.indexOf('unasked'),
} as const;

/** How many pairs of peers are counted, and how many of groups in addition. */
export interface PairLimits {
  readonly peers: number;
  readonly groups: number;
}

/** 15 MB in all if 1,000 peers all talk to each other, half a megabyte if few do. */
const usual: PairLimits = { peers: 100_000, groups: 10_000 };

/** The pair of all packets that find no room. */
const rest = 0;
/** What stands for an unknown group. */
const unknown = 0;

/** Two peers by their number, and what happened to the packets from one to the other. */
export interface CountedPair extends PairCounts {
  readonly from: number;
  readonly to: number;
}

/**
 * Counts packets from peers to peers: ports, NATs, and groups of ports. It is used for each packet: a pair is found by
 * two indexes, and nothing is allocated but for the first packet of a pair. Pairs beyond the limit count as those of
 * their groups.
 */
export class PeerCounts {
  readonly #limits: PairLimits;
  readonly #counts: Float64Array;
  /** The peers of each pair. */
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  /** The number of pairs, with the rest. */
  #used = 1;
  /** By sender, then by receiver: the number of the pair; 0 if there is none. */
  readonly #rows: Int32Array[] = [new Int32Array(1)];
  /** By peer: the peer that is its group. */
  readonly #groupOf: number[] = [unknown];
  readonly #groups = new Map<string, number>();

  constructor(limits: PairLimits = usual) {
    this.#limits = limits;
    const most = 1 + limits.peers + limits.groups;
    this.#counts = new Float64Array(most * width);
    this.#from = new Int32Array(most);
    this.#to = new Int32Array(most);
  }

  /** Adds a peer. @param group undefined if it belongs to none. @returns its number. */
  add(group: string | undefined): number {
    const its = this.#newPeer();
    if (group !== undefined) {
      const known = this.#groups.get(group) ?? this.#newPeer();
      this.#groups.set(group, known);
      this.#groupOf[its] = known;
    }
    return its;
  }

  #newPeer(): number {
    this.#groupOf.push(unknown);
    return this.#rows.push(new Int32Array(0)) - 1;
  }

  /** The groups, each with the number that stands for it in pairs beyond the limit. */
  groups(): (readonly [name: string, number: number])[] {
    return [...this.#groups];
  }

  /** The pair of two peers. */
  between(from: number, to: number): number {
    const known = this.#rows[from]?.[to] ?? 0;
    return known === 0 ? this.#newPair(from, to) : known;
  }

  #newPair(from: number, to: number): number {
    const { peers, groups } = this.#limits;
    if (this.#used <= peers) return this.#add(from, to);
    const [sender, receiver] = [this.#groupOf[from] ?? unknown, this.#groupOf[to] ?? unknown];
    const known = this.#rows[sender]?.[receiver] ?? 0;
    if (known !== 0) return known;
    return this.#used <= peers + groups ? this.#add(sender, receiver) : rest;
  }

  #add(from: number, to: number): number {
    const pair = this.#used++;
    this.#from[pair] = from;
    this.#to[pair] = to;
    let row = this.#rows[from] ?? new Int32Array(0);
    if (row.length <= to) {
      const before = row;
      row = new Int32Array(Math.max(to + 1, 2 * before.length));
      row.set(before);
      this.#rows[from] = row;
    }
    row[to] = pair;
    return pair;
  }

  #increase(pair: number, count: number, by: number): void {
    const at = pair * width + count;
    this.#counts[at] = (this.#counts[at] ?? 0) + by;
  }

  sent(pair: number, bytes: number): void {
    this.#increase(pair, sent, 1);
    this.#increase(pair, sentBytes, bytes);
  }

  received(pair: number, bytes: number): void {
    this.#increase(pair, received, 1);
    this.#increase(pair, receivedBytes, bytes);
  }

  dropped(pair: number, how: keyof typeof drops): void {
    this.#increase(pair, drops[how], 1);
  }

  /** A packet that was sent to one peer is for another behind it. */
  readdressed(pair: number, next: number, bytes: number): void {
    this.#increase(pair, sent, -1);
    this.#increase(pair, sentBytes, -bytes);
    this.sent(next, bytes);
  }

  /** All pairs between which there were packets. */
  pairs(): CountedPair[] {
    return Array.from({ length: this.#used }, (_, pair) => this.#pairAt(pair)).filter((pair) =>
      pairCountNames.some((name) => pair[name] > 0),
    );
  }

  #pairAt(pair: number): CountedPair {
    const of = (count: number) => this.#counts[pair * width + count] ?? 0;
    return {
      from: this.#from[pair] ?? unknown,
      to: this.#to[pair] ?? unknown,
      sent: of(sent),
      sentBytes: of(sentBytes),
      received: of(received),
      receivedBytes: of(receivedBytes),
      lost: of(drops.lost),
      overflowed: of(drops.overflowed),
      unasked: of(drops.unasked),
    };
  }
}
