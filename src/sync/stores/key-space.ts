import type { Following, Reader, Waiter } from '../store.ts';
import { State } from './state.ts';
import { Topic } from './topic.ts';

/** Limits on the states and topics of a store. */
interface Room {
  /** Their largest number. */
  readonly names: number;
  /** The limit on the total length of their names, in characters. */
  readonly length: number;
}

/** The states and topics of a store, created on first use. */
export class KeySpace {
  readonly states = new Map<string, State>();
  readonly topics = new Map<string, Topic>();
  readonly #room: Room;
  #closed: { readonly why: unknown } | undefined;
  #length = 0;

  constructor(room: Room = { names: 2_000_000, length: 256 * 1024 * 1024 }) {
    this.#room = room;
  }

  state(key: string): State {
    return this.states.get(key) ?? this.#added(this.states, key, new State());
  }

  topic(key: string): Topic {
    return this.topics.get(key) ?? this.#added(this.topics, key, new Topic());
  }

  #added<Value>(names: Map<string, Value>, key: string, made: Value): Value {
    this.#checkRoom(key);
    names.set(key, made);
    return made;
  }

  /** @see SyncStore.wait */
  wait(key: string, target: number, waiter: Waiter): () => void {
    if (this.#closed === undefined) return this.state(key).wait(target, waiter);
    waiter.fail(this.#closed.why);
    return () => {};
  }

  /** @see SyncStore.follow */
  follow(key: string, reader: Reader, from: number): Following {
    if (this.#closed === undefined) return this.topic(key).follow(reader, from);
    reader.fail(this.#closed.why);
    return { take: () => [], end: () => {} };
  }

  /** Fails the current waiters of a state whose key does not hold one. */
  failState(key: string, why: unknown): void {
    this.states.get(key)?.close(why);
  }

  /** Fails the current readers of a topic whose key does not hold one. */
  failTopic(key: string, why: unknown): void {
    this.topics.get(key)?.close(why);
  }

  /** Fails all waiters and readers, now and later: the store is lost. */
  close(why: unknown): void {
    this.#closed ??= { why };
    for (const state of this.states.values()) state.close(why);
    for (const topic of this.topics.values()) topic.close(why);
  }

  /** @throws Error when there are too many names. */
  #checkRoom(key: string): void {
    this.#length += key.length;
    if (this.states.size + this.topics.size < this.#room.names && this.#length <= this.#room.length) return;
    this.#length -= key.length;
    throw new Error('this run has more states and topics than fit the memory limit');
  }

  /** The names of all signalled states and of all topics with a message. */
  keys(): string[] {
    const states = [...this.states].filter(([, { count }]) => count > 0);
    const topics = [...this.topics].filter(([, { length }]) => length > 0);
    return [...new Set([...states, ...topics].map(([key]) => key))];
  }

  /** Whether a state was signalled, or a topic has a message. */
  has(key: string): boolean {
    return (this.states.get(key)?.count ?? 0) > 0 || (this.topics.get(key)?.length ?? 0) > 0;
  }

  /** Removes states and topics, except those with waiters or readers. @returns how many were removed. */
  remove(keys: readonly string[]): number {
    return keys.filter((key) => {
      if (this.states.get(key)?.awaited || this.topics.get(key)?.read) return false;
      const wasThere = this.has(key);
      if (this.states.delete(key)) this.#length -= key.length;
      if (this.topics.delete(key)) this.#length -= key.length;
      return wasThere;
    }).length;
  }
}
