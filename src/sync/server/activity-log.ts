/** The largest number of states whose signals are remembered. */
const maxStates = 10_000;

/** Counts activity at a sync service. A constant count means that the run is stalled. */
export interface Activity {
  operations: number;
}

/**
 * A client's action or its outcome. A wait ends with `pass` when its barrier opens, or with `leave` when it is
 * cancelled or its client disconnects.
 */
export type ActivityEntry =
  | { readonly did: 'signal'; readonly state: string; readonly seq: number }
  | {
      readonly did: 'wait' | 'pass' | 'leave';
      readonly state: string;
      /** Undefined if only the client knows it. */
      readonly target: number | undefined;
    }
  | {
      readonly did: 'publish';
      readonly topic: string;
      /** The number of the message in its topic, from 1; undefined if the server does not learn it. */
      readonly seq?: number;
    }
  | {
      readonly did: 'receive';
      readonly topic: string;
      /** The number of the first message, and how many came with it. */
      readonly seq: number;
      readonly count: number;
    };

/**
 * Receives every entry with its age in ms, and the payload of a published message. It is called on the service's hot
 * path and must be fast.
 */
export type Note = (entry: ActivityEntry, agoMs: number, payload?: string) => void;

/** The activity at one endpoint. */
export class ActivityLog {
  readonly #signals = new Set<string>();
  #forgets = false;
  readonly #activity: Activity;
  readonly #note: Note | undefined;

  /** @param activity counts the activity at all endpoints of a service. */
  constructor(activity: Activity, note?: Note) {
    this.#activity = activity;
    this.#note = note;
  }

  /** Records a request or its completion. */
  moved(): void {
    this.#activity.operations++;
  }

  /** Records a signal that raised the count of a state to `seq`. */
  signalled(state: string, seq: number, agoMs = 0): void {
    this.moved();
    this.#note?.({ did: 'signal', state, seq }, agoMs);
    if (this.#signals.size < maxStates) this.#signals.add(state);
    else this.#forgets ||= !this.#signals.has(state);
  }

  /** Records a published message. @param seq its number in the topic, from 1, if that is known. */
  published(topic: string, payload: string, seq?: number): void {
    this.moved();
    this.#note?.({ did: 'publish', topic, ...(seq !== undefined && { seq }) }, 0, payload);
  }

  /** Records messages that were sent to the client. It does not count as activity: the client did nothing. */
  received(topic: string, seq: number, count: number): void {
    this.#note?.({ did: 'receive', topic, seq, count }, 0);
  }

  /** Records the start of a wait at a barrier. */
  waits(state: string, target: number | undefined): void {
    this.moved();
    this.#note?.({ did: 'wait', state, target }, 0);
  }

  /** Records the end of a wait. It does not count as activity: the waiting client did nothing. */
  waited(did: 'pass' | 'leave', state: string, target: number | undefined, agoMs = 0): void {
    this.#note?.({ did, state, target }, agoMs);
  }

  /**
   * Whether a state was signalled through this endpoint. Returns `some` also when the limit on remembered states is
   * exceeded.
   */
  signalsOf(state: string): 'some' | 'none' {
    return this.#forgets || this.#signals.has(state) ? 'some' : 'none';
  }
}
