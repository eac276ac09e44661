import { getHeapStatistics } from 'node:v8';
import { formatSize } from '../../values/size.ts';
import type { Following, Reader, SyncStore, Waiter } from '../store.ts';
import { KeySpace } from './key-space.ts';

/** Memory overhead of a message besides its text, in bytes: the frame that carried it is kept with it. */
const messageOverhead = 768;
/** The share of the heap for messages: V8 aborts a process that runs out of heap, and the run with it. */
const heapShare = 0.6;

/** The embedded store and the default: states and topics live in the memory of this process. */
export class MemoryStore implements SyncStore {
  readonly description = 'in memory';
  readonly redis = undefined;
  /** Never aborted: memory is not lost, only closed. */
  readonly lost: AbortSignal = new AbortController().signal;
  /** The size of all messages, and of those of each topic. */
  #bytes = 0;
  readonly #bytesOf = new Map<string, number>();
  readonly #maxBytes: number;
  readonly #keySpace = new KeySpace();

  /** @param maxBytes the limit on the size of all messages. */
  constructor(maxBytes = getHeapStatistics().heap_size_limit * heapShare) {
    this.#maxBytes = maxBytes;
  }

  async signalEntry(key: string): Promise<number> {
    const state = this.#keySpace.state(key);
    state.raise(state.count + 1);
    return state.count;
  }

  wait(key: string, target: number, waiter: Waiter): () => void {
    return this.#keySpace.wait(key, target, waiter);
  }

  async publish(key: string, payload: string): Promise<number> {
    const bytes = sizeInMemory(payload) + messageOverhead;
    if (this.#bytes + bytes > this.#maxBytes) {
      throw new Error(
        `the topics of this run hold ${formatSize(this.#bytes)}, the limit of the in-memory store (--sync redis holds more)`,
      );
    }
    const topic = this.#keySpace.topic(key);
    this.#bytes += bytes;
    this.#bytesOf.set(key, (this.#bytesOf.get(key) ?? 0) + bytes);
    return topic.append(payload);
  }

  follow(key: string, reader: Reader, from = 0): Following {
    return this.#keySpace.follow(key, reader, from);
  }

  async count(key: string): Promise<number | undefined> {
    return this.knownCount(key) || undefined;
  }

  async length(key: string): Promise<number> {
    return this.knownLength(key);
  }

  async keys(): Promise<string[]> {
    return this.#keySpace.keys();
  }

  async has(key: string): Promise<boolean> {
    return this.#keySpace.has(key);
  }

  async remove(keys: readonly string[]): Promise<number> {
    const removed = this.#keySpace.remove(keys);
    for (const key of keys) {
      if (this.#keySpace.topics.has(key)) continue;
      this.#bytes -= this.#bytesOf.get(key) ?? 0;
      this.#bytesOf.delete(key);
    }
    return removed;
  }

  knownCount(key: string): number {
    return this.#keySpace.states.get(key)?.count ?? 0;
  }

  knownLength(key: string): number {
    return this.#keySpace.topics.get(key)?.length ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#keySpace.close(new Error('the sync service has ended'));
  }
}

/** A string takes two bytes for each code unit, unless all are Latin-1. */
function sizeInMemory(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length;
}
