import { setMaxListeners } from 'node:events';
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
  readonly #closed: AbortSignal;
  #length = 0;

  constructor(closed: AbortSignal) {
    this.#closed = closed;
    // Everybody who waits listens to it.
    setMaxListeners(0, closed);
  }

  state(key: string): State {
    const known = this.states.get(key);
    if (known !== undefined) return known;
    this.#checkRoom(key);
    const made = new State(this.#closed);
    this.states.set(key, made);
    return made;
  }

  topic(key: string): Topic {
    const known = this.topics.get(key);
    if (known !== undefined) return known;
    this.#checkRoom(key);
    const made = new Topic(this.#closed);
    this.topics.set(key, made);
    return made;
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

  /** Forgets states and topics; one that somebody waits for or reads stays. @returns how many were forgotten. */
  remove(keys: readonly string[]): number {
    const there = new Set(this.keys());
    return keys.filter((key) => {
      if (this.states.get(key)?.awaited || this.topics.get(key)?.read) return false;
      if (this.states.delete(key)) this.#length -= key.length;
      if (this.topics.delete(key)) this.#length -= key.length;
      return there.delete(key);
    }).length;
  }
}
