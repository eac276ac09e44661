/**
 * Runs `work` for a key, never concurrently: a call during a run makes it run once more afterwards.
 * For polling work, where one run after the last call is enough.
 */
export class Coalesced {
  readonly #work: (key: string) => Promise<void>;
  readonly #running = new Map<string, { again: boolean }>();

  /** @param work must handle its own errors. */
  constructor(work: (key: string) => Promise<void>) {
    this.#work = work;
  }

  async run(key: string): Promise<void> {
    const running = this.#running.get(key);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const turn = { again: false };
    this.#running.set(key, turn);
    do {
      turn.again = false;
      await this.#work(key);
    } while (turn.again);
    this.#running.delete(key);
  }
}
