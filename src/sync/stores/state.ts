import { Heap } from '../../util/heap.ts';
import type { Waiter } from '../store.ts';

/** Targets that nobody waits for any more are removed when there are so many of them, and more than others. */
const mostStale = 64;

/** A state: a count that never goes down, and those who wait for it to reach a target. */
export class State {
  #count = 0;
  readonly #waiting = new Map<number, Set<Waiter>>();
  /** The targets of those who wait, and some that were given up: the least first. */
  #targets = new Heap<number>((a, b) => a - b);

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
    for (
      let target = this.#targets.first;
      target !== undefined && target <= count;
      target = this.#targets.first
    ) {
      this.#targets.pop();
      const waiters = this.#waiting.get(target) ?? [];
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
    const waiters = this.#waiting.get(target) ?? this.#begin(target);
    waiters.add(waiter);
    return () => {
      waiters.delete(waiter);
      if (waiters.size === 0 && this.#waiting.get(target) === waiters) this.#waiting.delete(target);
    };
  }

  #begin(target: number): Set<Waiter> {
    const waiters = new Set<Waiter>();
    this.#waiting.set(target, waiters);
    this.#targets.push(target);
    if (this.#targets.size > 2 * this.#waiting.size + mostStale) {
      this.#targets = new Heap((a, b) => a - b);
      for (const each of this.#waiting.keys()) this.#targets.push(each);
    }
    return waiters;
  }

  /** Nothing comes any more: all who wait fail. */
  close(why: unknown): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiters of waiting) for (const waiter of waiters) waiter.fail(why);
  }
}
