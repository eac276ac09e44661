/** At most so many messages are handed to a subscriber at once. */
const batchSize = 256;

/** A topic: a log of messages (JSON texts) that every subscriber reads at its own pace, from the first. */
export class Topic {
  readonly #log: string[] = [];
  readonly #closed: AbortSignal;
  readonly #readers = new Set<() => void>();

  /** @param closed ends every subscription with its reason, once the store is gone. */
  constructor(closed: AbortSignal) {
    this.#closed = closed;
  }

  /** How many messages the log holds. */
  get length(): number {
    return this.#log.length;
  }

  /** Whether anybody reads here. */
  get read(): boolean {
    return this.#readers.size > 0;
  }

  /** Adds a message at the end. @returns its sequence number, from 1. */
  append(payload: string): number {
    this.#log.push(payload);
    for (const wake of this.#readers) wake();
    return this.#log.length;
  }

  /**
   * All messages from the first, then those that follow, in order, in batches of what is there.
   * @param from how many of the first are passed over.
   * Ends when the signal aborts. Nothing is queued for a slow reader: it holds an index into the log.
   * @throws the store's reason when that is gone.
   */
  async *messages(signal: AbortSignal, from = 0): AsyncGenerator<readonly string[], void> {
    let wake = () => {};
    const onChange = () => wake();
    this.#readers.add(onChange);
    signal.addEventListener('abort', onChange);
    this.#closed.addEventListener('abort', onChange);
    try {
      for (let next = from; !signal.aborted; ) {
        this.#closed.throwIfAborted();
        if (next < this.#log.length) {
          const batch = this.#log.slice(next, next + batchSize);
          next += batch.length;
          yield batch;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#readers.delete(onChange);
      signal.removeEventListener('abort', onChange);
      this.#closed.removeEventListener('abort', onChange);
    }
  }
}
