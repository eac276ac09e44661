/** A state: a count that never goes down, and those who wait for it to reach a target. */
export class State {
  #count = 0;
  readonly #closed: AbortSignal;
  readonly #waiting = new Map<number, Set<() => void>>();

  /** @param closed ends every wait with its reason, once the store is gone. */
  constructor(closed: AbortSignal) {
    this.#closed = closed;
  }

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
    for (const [target, releases] of this.#waiting) {
      if (target > count) continue;
      this.#waiting.delete(target);
      for (const release of releases) release();
    }
  }

  /**
   * Resolves once the count is at least `target`, at once where it is already.
   * @throws the signal's reason when it aborts first, or the store's when that is gone.
   */
  async reached(target: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#closed.throwIfAborted();
    if (this.#count >= target) return;
    await new Promise<void>((resolve, reject) => {
      const releases = this.#waiting.get(target) ?? new Set();
      this.#waiting.set(target, releases);
      const settle = () => {
        releases.delete(settle);
        if (releases.size === 0 && this.#waiting.get(target) === releases) this.#waiting.delete(target);
        signal.removeEventListener('abort', settle);
        this.#closed.removeEventListener('abort', settle);
        if (this.#count >= target) resolve();
        else reject(this.#closed.aborted ? this.#closed.reason : signal.reason);
      };
      releases.add(settle);
      signal.addEventListener('abort', settle);
      this.#closed.addEventListener('abort', settle);
    });
  }
}
