/**
 * The store behind the sync service. One test suite covers both implementations. They guarantee that
 * sequence numbers are 1..N without gaps or repeats, a barrier opens once and never early, and every subscriber sees
 * every message in order from the first.
 */
export interface SyncStore extends AsyncDisposable {
  /** A description for the run's first lines of output, without passwords. */
  readonly description: string;

  /** The address of the Redis behind the store, if old SDKs can use it. */
  readonly redis: { readonly host: string; readonly port: number } | undefined;

  /** Aborted, with the reason, when the store is lost; its data can no longer be relied on. */
  readonly lost: AbortSignal;

  /** Increments a state. @returns the new count, from 1. */
  signalEntry(state: string): Promise<number>;

  /**
   * Waits until a state's count is at least `target`. Releases the waiter at once if the count is reached or the target
   * is below 1.
   * @returns a function that cancels the wait; the waiter is not called after that.
   */
  wait(state: string, target: number, waiter: Waiter): () => void;

  /** Appends a message, JSON text, to a topic. @returns its sequence number, from 1. */
  publish(topic: string, payload: string): Promise<number>;

  /**
   * Reads a topic from its first message.
   * @param from how many messages to skip.
   */
  follow(topic: string, reader: Reader, from?: number): Following;

  /** A state's count; undefined for a state that was never signalled. */
  count(state: string): Promise<number | undefined>;

  /** The number of messages in a topic. */
  length(topic: string): Promise<number>;

  /** The names of all states and topics that are not empty. */
  keys(): Promise<string[]>;

  /** Whether the state or topic with that name is not empty. */
  has(key: string): Promise<boolean>;

  /** Removes states and topics, as if they had never been used. @returns how many existed. */
  remove(keys: readonly string[]): Promise<number>;

  /** A state's count as last seen by this process, for progress output. */
  knownCount(state: string): number;

  /** A topic's length as last seen by this process, for progress output. */
  knownLength(topic: string): number;
}

/** A waiter at a state. One of the two methods is called, once, unless the wait is cancelled. */
export interface Waiter {
  release(): void;
  /** Called with the reason when the store is lost, or the key does not hold a state. */
  fail(why: unknown): void;
}

/** A reader of a topic. */
export interface Reader {
  /** There are messages to take. Called once; called again only after `take` has returned all available messages. */
  more(): void;
  /** Called with the reason when the store is lost, or the key does not hold a topic. No call follows. */
  fail(why: unknown): void;
}

/** A position in a topic. Nothing is queued for a slow reader. */
export interface Following {
  /**
   * The next messages, or none if none are available. Readers that take the same messages get the same array, so that
   * they can share what they derive from it.
   */
  take(): readonly string[];
  end(): void;
}

export interface StoreOptions {
  /** The prefix of the keys that the store serves. */
  readonly prefix: string;
  /**
   * The keys are removed from a given Redis at the end of the run. If this process dies first, they expire this long,
   * in ms, after its last heartbeat. Undefined: they stay.
   */
  readonly expireAfterMs: number | undefined;
  /** Aborts opening the store. */
  readonly signal: AbortSignal;
  /** Receives warnings about non-fatal problems. */
  readonly warn: (text: string) => void;
}
