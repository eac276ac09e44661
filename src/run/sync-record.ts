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
const limits = { ofRun: 100_000, ofInstance: 64 } as const;
/** The same for messages received, which may be as many as instances times messages. */
const receipts = { ofRun: 10_000, ofInstance: 16 } as const;
/** Longer names are truncated. */
const maxName = 200;
/** How often, in ms, recorded moves are written. */
const writeEvery = 250;

interface Noted {
  readonly at: number;
  readonly instance: InstanceId;
  readonly entry: ActivityEntry | { readonly did: 'more' | 'more-received'; readonly count: number };
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
  readonly #receipts: number;
  readonly #notes = new Map<InstanceId, InstanceNotes>();
  readonly #file: KeptFile | undefined;
  #noted: Noted[] = [];
  #timer: NodeJS.Timeout | undefined;
  #failed = false;
  /** A connection may outlive its run. */
  #closed = false;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
    this.#share = Math.max(limits.ofInstance, Math.floor(limits.ofRun / recorded.instances));
    this.#receipts = Math.max(receipts.ofInstance, Math.floor(receipts.ofRun / recorded.instances));
    this.#file = this.#trying(() => new KeptFile(join(recorded.runDir, runFiles.activity)));
  }

  /**
   * @returns a function that records the moves of an instance: the first ones individually, the others as a count.
   */
  noteOf(instance: InstanceId): Note {
    const notes = new InstanceNotes(this.#share, this.#receipts);
    this.#notes.set(instance, notes);
    return (entry, agoMs) => {
      if ('topic' in entry && entry.topic.endsWith(runEventsName)) return;
      if (entry.did === 'receive' && !notes.takesReceipt()) return;
      const at = nowMs() - agoMs;
      if (entry.did === 'receive' || notes.takes(entry)) this.#add({ at, instance, entry });
      else if (notes.isReportDue()) this.#recordOmitted(instance, notes);
    };
  }

  #recordOmitted(instance: InstanceId, notes: InstanceNotes): void {
    const count = notes.takeOmitted();
    if (count > 0) this.#add({ at: nowMs(), instance, entry: { did: 'more', count } });
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
      const text = `${runFiles.activity}, the record of sync operations, is incomplete: ${messageOf(error)}`;
      if (!this.#failed) this.#recorded.warn(text);
      this.#failed = true;
      return undefined;
    }
  }

  #lineOf({ at, instance, entry }: Noted): string {
    const { group, index } = instance;
    return `${JSON.stringify({ at: Math.round(at * 1_000) / 1_000, group, index, ...this.#fieldsOf(entry) })}\n`;
  }

  #fieldsOf(entry: Noted['entry']): object {
    switch (entry.did) {
      case 'more':
      case 'more-received':
        return entry;
      case 'signal':
        return { did: entry.did, state: this.#nameOf(nameOfState(entry.state)), seq: entry.seq };
      case 'publish':
      case 'receive':
        return { ...entry, topic: this.#nameOf(nameOfTopic(entry.topic)) };
      default:
        return {
          did: entry.did,
          state: this.#nameOf(nameOfState(entry.state)),
          target: entry.target ?? null,
        };
    }
  }

  /** Masks before truncating: a partial secret would not be found. */
  #nameOf(name: string): string {
    return truncate(this.#recorded.mask.text(name), maxName);
  }

  [Symbol.dispose](): void {
    for (const [instance, notes] of this.#notes) {
      this.#recordOmitted(instance, notes);
      if (notes.receiptsLeft > 0)
        this.#add({ at: nowMs(), instance, entry: { did: 'more-received', count: notes.receiptsLeft } });
    }
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
  #reported = 0;

  #receiptRoom: number;
  /** The number of receipts that are not recorded. */
  receiptsLeft = 0;

  constructor(room: number, receiptRoom: number) {
    this.#room = room;
    this.#receiptRoom = receiptRoom;
  }

  takesReceipt(): boolean {
    if (this.#receiptRoom > 0) this.#receiptRoom--;
    else this.receiptsLeft++;
    return this.receiptsLeft === 0;
  }

  takes(entry: ActivityEntry): boolean {
    if (this.#room <= 0 && !this.#isEndOfKnown(entry)) {
      this.#left++;
      return false;
    }
    this.#room--;
    this.#remember(entry);
    return true;
  }

  /** Due at the first omitted move and after each increase by half, which bounds the number of writes. */
  isReportDue(): boolean {
    return this.#left >= Math.max(1, this.#reported * 1.5);
  }

  /** @returns the number of moves omitted since the last call. */
  takeOmitted(): number {
    const since = this.#left - this.#reported;
    this.#reported = this.#left;
    return since;
  }

  #isEndOfKnown(entry: ActivityEntry): boolean {
    return (entry.did === 'pass' || entry.did === 'leave') && (this.#open.get(keyOf(entry)) ?? 0) > 0;
  }

  #remember(entry: ActivityEntry): void {
    if (!('target' in entry)) return;
    const open = (this.#open.get(keyOf(entry)) ?? 0) + (entry.did === 'wait' ? 1 : -1);
    if (open > 0) this.#open.set(keyOf(entry), open);
    else this.#open.delete(keyOf(entry));
  }
}

function keyOf({ state, target }: { readonly state: string; readonly target: number | undefined }): string {
  return JSON.stringify([state, target]);
}
