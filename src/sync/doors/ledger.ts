/** Of more states than so many, what was done longest ago is forgotten. */
const mostStates = 10_000;

/** Counts what is done at a sync service: where it stands still, nothing moves. */
export interface Activity {
  moves: number;
}

/** What was done through one door. */
export class Ledger {
  readonly #signals = new Map<string, number>();
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
    const before = this.#signals.get(state) ?? 0;
    this.#signals.delete(state);
    this.#signals.set(state, before + 1);
    if (this.#signals.size <= mostStates) return;
    for (const oldest of this.#signals.keys()) {
      this.#signals.delete(oldest);
      break;
    }
  }

  /** How often a state was signalled through this door. */
  signalsOf(state: string): number {
    return this.#signals.get(state) ?? 0;
  }
}
