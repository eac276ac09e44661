/** Of more states than so many it is not remembered whether they were signalled. */
const mostStates = 10_000;

/** Counts what is done at a sync service: where it stands still, nothing moves. */
export interface Activity {
  moves: number;
}

/** What was done through one door. */
export class Ledger {
  readonly #signals = new Set<string>();
  #forgets = false;
  readonly #activity: Activity;

  /** @param activity counts what is done through all doors of a service. */
  constructor(activity: Activity) {
    this.#activity = activity;
  }

  /** Something was asked for, or done. */
  moved(): void {
    this.#activity.moves++;
  }

  /** A state was signalled. */
  signalled(state: string): void {
    this.moved();
    if (this.#signals.size < mostStates) this.#signals.add(state);
    else this.#forgets ||= !this.#signals.has(state);
  }

  /** Whether a state was signalled through this door; `some` too where so much was done that it may be forgotten. */
  signalsOf(state: string): 'some' | 'none' {
    return this.#forgets || this.#signals.has(state) ? 'some' : 'none';
  }
}
