/** A limit on lines. */
interface Limit {
  /** How many lines may be shown at once. */
  readonly max: number;
  /** How many more may be shown for each second of the run. */
  readonly perSecond: number;
  /** How many must be allowed again before a line is shown after one was not: not one now and then. */
  readonly resumeAt: number;
}

/** Limits how many lines of a run are shown, and counts the others. */
export class LineBudget {
  readonly #limit: Limit;
  #left: number;
  #at = 0;
  #hidden = 0;
  #isOpen = true;

  constructor(limit: Limit) {
    this.#limit = limit;
    this.#left = limit.max;
  }

  /** Whether a line may be shown. @param elapsedMs its time since the run began. */
  allows(elapsedMs: number): boolean {
    const { max, perSecond, resumeAt } = this.#limit;
    const passed = Math.max(0, elapsedMs - this.#at);
    this.#at += passed;
    this.#left = Math.min(max, this.#left + (passed * perSecond) / 1_000);
    this.#isOpen = this.#left >= (this.#isOpen ? 1 : resumeAt);
    if (this.#isOpen) this.#left--;
    else this.#hidden++;
    return this.#isOpen;
  }

  /** How many lines were not shown since this was last asked. */
  takeHidden(): number {
    const hidden = this.#hidden;
    this.#hidden = 0;
    return hidden;
  }
}
