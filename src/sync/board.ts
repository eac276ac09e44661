import { setMaxListeners } from 'node:events';
import { State } from './state.ts';
import { Topic } from './topic.ts';

/** The states and topics of a store, made when first named. */
export class Board {
  readonly states = new Map<string, State>();
  readonly topics = new Map<string, Topic>();
  readonly #closed: AbortSignal;

  constructor(closed: AbortSignal) {
    this.#closed = closed;
    // Everybody who waits listens to it.
    setMaxListeners(0, closed);
  }

  state(key: string): State {
    const known = this.states.get(key);
    if (known !== undefined) return known;
    const made = new State(this.#closed);
    this.states.set(key, made);
    return made;
  }

  topic(key: string): Topic {
    const known = this.topics.get(key);
    if (known !== undefined) return known;
    const made = new Topic(this.#closed);
    this.topics.set(key, made);
    return made;
  }
}
