import { Heap } from '../../util/heap.ts';
import type { Waiter } from '../store.ts';

/** Stale targets are removed when there are more of them than this, and more than live ones. */
const maxStale = 64;

/** A state: a count that never decreases, and waiters for targets. */
export class State {
  #count = 0;
  readonly #waiting = new Map<number, Set<Waiter>>();
  /** The waiters' targets and some stale ones, least first. */
  #targets = new Heap<number>((a, b) => a - b);

  get count(): number {
    return this.#count;
  }

  /** Whether the state has waiters. */
  get awaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** Raises the known count to `count`; a smaller value has no effect. */
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

  /** Releases the waiter at once if the count is reached. @returns a function that cancels the wait. */
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
    if (this.#targets.size > 2 * this.#waiting.size + maxStale) {
      this.#targets = new Heap((a, b) => a - b);
      for (const each of this.#waiting.keys()) this.#targets.push(each);
    }
    return waiters;
  }

  /** Fails all waiters: the store is closed. */
  close(why: unknown): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiters of waiting) for (const waiter of waiters) waiter.fail(why);
  }
}
