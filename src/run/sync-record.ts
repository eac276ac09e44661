import { join } from 'node:path';
import { nowMs } from '../os/clock.ts';
import { KeptFile } from '../outputs/kept-file.ts';
import { runFiles } from '../outputs/layout.ts';
import type { Mask } from '../outputs/mask.ts';
import type { InstanceId } from '../plan/instance-id.ts';
import { nameOfState, nameOfTopic, runEventsName } from '../sync/protocol.ts';
import type { ActivityEntry, Note } from '../sync/server/activity-log.ts';
import { messageOf } from '../util/errors.ts';
import { truncate } from '../util/truncate.ts';

/**
 * The maximum number of recorded moves of a run, and the number that is recorded of each instance in any case. The
 * file must not grow with the plan's activity.
 */
const most = { ofRun: 100_000, ofInstance: 64 } as const;
/** Longer names are truncated. */
const mostName = 200;
/** How often, in ms, recorded moves are written. */
const writeEvery = 250;

interface Noted {
  readonly at: number;
  readonly instance: InstanceId;
  readonly move: ActivityEntry | { readonly did: 'more'; readonly count: number };
}

/** The destination of a run's activity log, and what it needs to know about the run. */
interface Recorded {
  readonly runDir: string;
  readonly instances: number;
  readonly mask: Mask;
  /** Called once if writing fails, with the reason. */
  readonly warn: (text: string) => void;
}

/**
 * Records what instances do at the sync service, as one JSON line each in sync.ndjson. Moves are buffered until
 * they are written, so the service does not wait.
 */
export class SyncRecord implements Disposable {
  readonly #recorded: Recorded;
  readonly #share: number;
  readonly #notes = new Map<InstanceId, InstanceNotes>();
  readonly #file: KeptFile | undefined;
  #noted: Noted[] = [];
  #timer: NodeJS.Timeout | undefined;
  #failed = false;
  /** A connection may outlive its run. */
  #closed = false;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
    this.#share = Math.max(most.ofInstance, Math.floor(most.ofRun / recorded.instances));
    this.#file = this.#trying(() => new KeptFile(join(recorded.runDir, runFiles.moves)));
  }

  /**
   * @returns a function that records the moves of an instance: the first ones individually, the others as a count.
   */
  noteOf(instance: InstanceId): Note {
    const notes = new InstanceNotes(this.#share);
    this.#notes.set(instance, notes);
    return (move, agoMs) => {
      if (move.did === 'publish' && move.topic.endsWith(runEventsName)) return;
      const at = nowMs() - agoMs;
      if (notes.takes(move)) this.#add({ at, instance, move });
      else if (notes.isTimeToTell()) this.#tellLeft(instance, notes);
    };
  }

  #tellLeft(instance: InstanceId, notes: InstanceNotes): void {
    const count = notes.tellLeft();
    if (count > 0) this.#add({ at: nowMs(), instance, move: { did: 'more', count } });
  }

  #add(noted: Noted): void {
    if (this.#closed) return;
    this.#noted.push(noted);
    this.#timer ??= setTimeout(() => this.#write(), writeEvery);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = Buffer.from(this.#noted.map((noted) => this.#lineOf(noted)).join(''));
    this.#noted = [];
    const file = this.#file;
    if (file === undefined || this.#failed) return;
    this.#trying(() => {
      for (let rest = lines; rest.length > 0; ) rest = rest.subarray(file.write(rest));
    });
  }

  #trying<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      this.#failed = true;
      const text = `${runFiles.moves}, the record of sync operations, is incomplete: ${messageOf(error)}`;
      this.#recorded.warn(text);
      return undefined;
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
        return { did: move.did, state: this.#nameOf(nameOfState(move.state)), target: move.target ?? null };
    }
  }

  /** Masks before truncating: a partial secret would not be found. */
  #nameOf(name: string): string {
    return truncate(this.#recorded.mask.text(name), mostName);
  }

  [Symbol.dispose](): void {
    for (const [instance, notes] of this.#notes) this.#tellLeft(instance, notes);
    this.#write();
    this.#closed = true;
    const moved = this.#trying(() => this.#file?.putBack());
    if (moved !== undefined) this.#recorded.warn(moved);
    this.#file?.[Symbol.dispose]();
  }
}

/** Decides which moves of an instance are recorded. */
class InstanceNotes {
  #room: number;
  /** Open waits that were recorded: their ends are recorded too. */
  readonly #open = new Map<string, number>();
  /** The number of omitted moves, and how many of them are already recorded as a count. */
  #left = 0;
  #told = 0;

  constructor(room: number) {
    this.#room = room;
  }

  takes(move: ActivityEntry): boolean {
    if (this.#room <= 0 && !this.#isEndOfKnown(move)) {
      this.#left++;
      return false;
    }
    this.#room--;
    this.#remember(move);
    return true;
  }

  /** Due at the first omitted move and after each increase by half, which bounds the number of writes. */
  isTimeToTell(): boolean {
    return this.#left >= Math.max(1, this.#told * 1.5);
  }

  /** @returns the number of moves omitted since the last call. */
  tellLeft(): number {
    const since = this.#left - this.#told;
    this.#told = this.#left;
    return since;
  }

  #isEndOfKnown(move: ActivityEntry): boolean {
    return (move.did === 'pass' || move.did === 'leave') && (this.#open.get(keyOf(move)) ?? 0) > 0;
  }

  #remember(move: ActivityEntry): void {
    if (move.did === 'signal' || move.did === 'publish') return;
    const open = (this.#open.get(keyOf(move)) ?? 0) + (move.did === 'wait' ? 1 : -1);
    if (open > 0) this.#open.set(keyOf(move), open);
    else this.#open.delete(keyOf(move));
  }
}

function keyOf({ state, target }: { readonly state: string; readonly target: number | undefined }): string {
  return JSON.stringify([state, target]);
}
