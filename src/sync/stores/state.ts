import type { Waiter } from '../store.ts';

/** A state: a count that never goes down, and those who wait for it to reach a target. */
export class State {
  #count = 0;
  readonly #waiting = new Map<number, Set<Waiter>>();

  get count(): number {
    return this.#count;
  }

  /** Whether anybody waits here. */
  get awaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** Learns that the count has reached `count`; a smaller one than known changes nothing. */
  raise(count: number): void {
    if (count <= this.#count) return;
    this.#count = count;
    for (const [target, waiters] of this.#waiting) {
      if (target > count) continue;
      this.#waiting.delete(target);
      for (const waiter of waiters) waiter.release();
    }
  }

  /** Releases at once where the count is reached. @returns what gives the waiting up. */
  wait(target: number, waiter: Waiter): () => void {
    if (this.#count >= target) {
      waiter.release();
      return () => {};
    }
    const waiters = this.#waiting.get(target) ?? new Set();
    this.#waiting.set(target, waiters.add(waiter));
    return () => {
      waiters.delete(waiter);
      if (waiters.size === 0 && this.#waiting.get(target) === waiters) this.#waiting.delete(target);
    };
  }

  /** Nothing comes any more: all who wait fail. */
  close(why: unknown): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiters of waiting) for (const waiter of waiters) waiter.fail(why);
  }
}
