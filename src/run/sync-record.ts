import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { nowMs } from '../now.ts';
import { runFiles } from '../outputs/layout.ts';
import type { Mask } from '../outputs/mask.ts';
import type { Move, Note } from '../sync/doors/ledger.ts';
import { nameOfState, nameOfTopic, runEventsName } from '../sync/protocol.ts';
import type { InstanceId } from './instance-id.ts';

/** So many moves of a run are written down, but at least so many of each instance: the record must not grow with what a plan does. */
const most = { ofRun: 100_000, ofInstance: 64 } as const;
/** More of a name is not written down. */
const mostName = 200;
/** How often, in ms, what has happened is written. */
const writeEvery = 250;

interface Noted {
  readonly at: number;
  readonly instance: InstanceId;
  readonly move: Move | { readonly did: 'more'; readonly count: number };
}

/** Where a run's record is to be, and what belongs to it. */
interface Recorded {
  readonly runDir: string;
  readonly instances: number;
  readonly mask: Mask;
  /** Is told, once, why something could not be written. */
  readonly warn: (text: string) => void;
}

/**
 * Writes down what instances do at the sync service: a line of JSON each in sync.ndjson, which is there as soon as one has done
 * something. Moves are kept as they are until they are written: the service does not wait for it.
 */
export class SyncRecord implements Disposable {
  readonly #recorded: Recorded;
  readonly #share: number;
  readonly #left = new Map<InstanceId, number>();
  #noted: Noted[] = [];
  #timer: NodeJS.Timeout | undefined;
  #fd: number | undefined;
  #failed = false;
  /** A connection may end later than its run. */
  #closed = false;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
    this.#share = Math.max(most.ofInstance, Math.floor(most.ofRun / recorded.instances));
  }

  /** What writes down the moves of an instance: of its first ones each, of the others how many there were. */
  noteOf(instance: InstanceId): Note {
    let left = this.#share;
    return (move, agoMs) => {
      if (move.did === 'publish' && move.topic.endsWith(runEventsName)) return;
      if (left-- > 0) this.#add({ at: nowMs() - agoMs, instance, move });
      else this.#left.set(instance, (this.#left.get(instance) ?? 0) + 1);
    };
  }

  #add(noted: Noted): void {
    if (this.#closed) return;
    this.#noted.push(noted);
    this.#timer ??= setTimeout(() => this.#write(), writeEvery);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#noted.map((noted) => this.#lineOf(noted)).join('');
    this.#noted = [];
    if (lines === '' || this.#failed) return;
    try {
      this.#fd ??= openSync(join(this.#recorded.runDir, runFiles.moves), 'a');
      writeSync(this.#fd, lines);
    } catch (error) {
      this.#failed = true;
      this.#recorded.warn(
        `${runFiles.moves}, which says when who waited, is incomplete: ${messageOf(error)}`,
      );
    }
  }

  #lineOf({ at, instance, move }: Noted): string {
    const { group, index } = instance;
    return `${JSON.stringify({ at: Math.round(at * 1_000) / 1_000, group, index, ...this.#fieldsOf(move) })}\n`;
  }

  #fieldsOf(move: Noted['move']): object {
    switch (move.did) {
      case 'more':
        return move;
      case 'signal':
        return { did: move.did, state: this.#nameOf(nameOfState(move.state)), seq: move.seq };
      case 'publish':
        return { did: move.did, topic: this.#nameOf(nameOfTopic(move.topic)) };
      default:
        return {
          did: move.did,
          state: this.#nameOf(nameOfState(move.state)),
          target: move.target ?? null,
        };
    }
  }

  #nameOf(name: string): string {
    return this.#recorded.mask.text(name.length > mostName ? `${name.slice(0, mostName)}…` : name);
  }

  [Symbol.dispose](): void {
    for (const [instance, count] of this.#left)
      this.#noted.push({ at: nowMs(), instance, move: { did: 'more', count } });
    this.#write();
    this.#closed = true;
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}
