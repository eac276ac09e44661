/** Of more states than so many it is not remembered whether they were signalled. */
const mostStates = 10_000;

/** Counts what is done at a sync service: where it stands still, nothing moves. */
export interface Activity {
  moves: number;
}

/** What a client did, or what became of it. A wait ends with `pass`, when its barrier opened, or `leave`, when it was given up or its client has gone. */
export type ActivityEntry =
  | { readonly did: 'signal'; readonly state: string; readonly seq: number }
  | {
      readonly did: 'wait' | 'pass' | 'leave';
      readonly state: string;
      /** Undefined where only the client knows it. */
      readonly target: number | undefined;
    }
  | { readonly did: 'publish'; readonly topic: string };

/** Is told of every move, with how long ago it was, in ms. It is called in the midst of the service: it has to be quick. */
export type Note = (move: ActivityEntry, agoMs: number) => void;

/** What was done through one door. */
export class ActivityLog {
  readonly #signals = new Set<string>();
  #forgets = false;
  readonly #activity: Activity;
  readonly #note: Note | undefined;

  /** @param activity counts what is done through all doors of a service. */
  constructor(activity: Activity, note?: Note) {
    this.#activity = activity;
    this.#note = note;
  }

  /** Something was asked for, or done. */
  moved(): void {
    this.#activity.moves++;
  }

  /** A state was signalled, and its count was `seq` then. */
  signalled(state: string, seq: number, agoMs = 0): void {
    this.moved();
    this.#note?.({ did: 'signal', state, seq }, agoMs);
    if (this.#signals.size < mostStates) this.#signals.add(state);
    else this.#forgets ||= !this.#signals.has(state);
  }

  /** A message was published. */
  published(topic: string): void {
    this.moved();
    this.#note?.({ did: 'publish', topic }, 0);
  }

  /** Somebody waits at a barrier. */
  waits(state: string, target: number | undefined): void {
    this.moved();
    this.#note?.({ did: 'wait', state, target }, 0);
  }

  /** A wait at a barrier is over. That is no move: whoever waited has done nothing. */
  waited(did: 'pass' | 'leave', state: string, target: number | undefined, agoMs = 0): void {
    this.#note?.({ did, state, target }, agoMs);
  }

  /** Whether a state was signalled through this door; `some` too where so much was done that it may be forgotten. */
  signalsOf(state: string): 'some' | 'none' {
    return this.#forgets || this.#signals.has(state) ? 'some' : 'none';
  }
}
