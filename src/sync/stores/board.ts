import type { Following, Reader, Waiter } from '../store.ts';
import { State } from './state.ts';
import { Topic } from './topic.ts';

/** So many states and topics there may be. */
const mostNames = 2_000_000;
/** So many characters their names may have together. */
const mostLength = 256 * 1024 * 1024;

/** The states and topics of a store, made when first named. */
export class Board {
  readonly states = new Map<string, State>();
  readonly topics = new Map<string, Topic>();
  #closed: { readonly why: unknown } | undefined;
  #length = 0;

  state(key: string): State {
    const known = this.states.get(key);
    if (known !== undefined) return known;
    this.#checkRoom(key);
    const made = new State();
    this.states.set(key, made);
    return made;
  }

  topic(key: string): Topic {
    const known = this.topics.get(key);
    if (known !== undefined) return known;
    this.#checkRoom(key);
    const made = new Topic();
    this.topics.set(key, made);
    return made;
  }

  /** As SyncStore has it. */
  wait(key: string, target: number, waiter: Waiter): () => void {
    if (this.#closed === undefined) return this.state(key).wait(target, waiter);
    waiter.fail(this.#closed.why);
    return () => {};
  }

  /** As SyncStore has it. */
  follow(key: string, reader: Reader, from: number): Following {
    if (this.#closed === undefined) return this.topic(key).follow(reader, from);
    reader.fail(this.#closed.why);
    return { take: () => [], end: () => {} };
  }

  /** What has the name of a state cannot be read as one: all who wait for it now are told. */
  failState(key: string, why: unknown): void {
    this.states.get(key)?.close(why);
  }

  /** The same for a topic. */
  failTopic(key: string, why: unknown): void {
    this.topics.get(key)?.close(why);
  }

  /** The store is gone: all who wait and read are told, now and later. */
  close(why: unknown): void {
    this.#closed ??= { why };
    for (const state of this.states.values()) state.close(why);
    for (const topic of this.topics.values()) topic.close(why);
  }

  /** @throws Error when there are as many names as memory is to be given for. */
  #checkRoom(key: string): void {
    this.#length += key.length;
    if (this.states.size + this.topics.size < mostNames && this.#length <= mostLength) return;
    this.#length -= key.length;
    throw new Error('there are more states and topics in this run than memory is given for');
  }

  /** The names of all states that were signalled and of all topics with a message. */
  keys(): string[] {
    const states = [...this.states].filter(([, { count }]) => count > 0);
    const topics = [...this.topics].filter(([, { length }]) => length > 0);
    return [...new Set([...states, ...topics].map(([key]) => key))];
  }

  /** Whether a state was signalled, or a topic has a message. */
  has(key: string): boolean {
    return (this.states.get(key)?.count ?? 0) > 0 || (this.topics.get(key)?.length ?? 0) > 0;
  }

  /** Forgets states and topics; one that somebody waits for or reads stays. @returns how many were forgotten. */
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
