/**
 * What stands behind the sync service. Two stores implement it, one test suite holds both to it:
 * sequence numbers are 1..N without gap or repeat; a barrier opens once and never early; every subscriber sees every
 * message in order from the first.
 */
export interface SyncStore extends AsyncDisposable {
  /** What the store is, for the run's first lines; no passwords. */
  readonly description: string;

  /** Where old SDKs find the Redis behind the store, if there is one that they can use. */
  readonly redis: { readonly host: string; readonly port: number } | undefined;

  /** Aborted, with the reason, when the store has gone away: nothing it holds can be relied on any more. */
  readonly lost: AbortSignal;

  /** Adds one to a state. @returns the count after it, from 1. */
  signalEntry(state: string): Promise<number>;

  /** Resolves once a state's count is at least `target`; at once where it is, or for a target below 1. */
  barrier(state: string, target: number, signal: AbortSignal): Promise<void>;

  /** Adds a message, JSON text, to a topic. @returns its sequence number, from 1. */
  publish(topic: string, payload: string): Promise<number>;

  /**
   * All messages of a topic, then those that follow, in batches, until the signal aborts.
   * @param from how many of the first are passed over.
   */
  subscribe(topic: string, signal: AbortSignal, from?: number): AsyncIterable<readonly string[]>;

  /** A state's count; undefined for one that nobody ever signalled. */
  count(state: string): Promise<number | undefined>;

  /** How many messages a topic holds. */
  length(topic: string): Promise<number>;

  /** The names of all states and topics that hold anything. */
  keys(): Promise<string[]>;

  /** Forgets states and topics, as if nobody had ever named them. @returns how many there were. */
  remove(keys: readonly string[]): Promise<number>;

  /** A state's count as far as it is known here, for telling people where a run stands. */
  knownCount(state: string): number;

  /** A topic's length as far as it is known here, for the same. */
  knownLength(topic: string): number;
}

/** How a store is opened. */
export interface StoreOptions {
  /** What the keys begin with that it serves. */
  readonly prefix: string;
  /** Whether those keys are removed from a given Redis at the end. */
  readonly removeKeysAtEnd: boolean;
  /** Gives the opening up. */
  readonly signal: AbortSignal;
  /** Is told of what went wrong and ends nothing. */
  readonly warn: (text: string) => void;
}
