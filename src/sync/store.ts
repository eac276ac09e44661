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

  /**
   * Waits until a state's count is at least `target`; it is released at once where it is, or for a target below 1.
   * @returns what gives the waiting up: nothing is called after that.
   */
  wait(state: string, target: number, waiter: Waiter): () => void;

  /** Adds a message, JSON text, to a topic. @returns its sequence number, from 1. */
  publish(topic: string, payload: string): Promise<number>;

  /**
   * Reads a topic from its first message on.
   * @param from how many of the first are passed over.
   */
  follow(topic: string, reader: Reader, from?: number): Following;

  /** A state's count; undefined for one that nobody ever signalled. */
  count(state: string): Promise<number | undefined>;

  /** How many messages a topic holds. */
  length(topic: string): Promise<number>;

  /** The names of all states and topics that hold anything. */
  keys(): Promise<string[]>;

  /** Whether a state or a topic of that name holds anything. */
  has(key: string): Promise<boolean>;

  /** Forgets states and topics, as if nobody had ever named them. @returns how many there were. */
  remove(keys: readonly string[]): Promise<number>;

  /** A state's count as far as it is known here, for telling people where a run stands. */
  knownCount(state: string): number;

  /** A topic's length as far as it is known here, for the same. */
  knownLength(topic: string): number;
}

/** Somebody who waits for a state. One of the two is called, once, unless the waiting is given up. */
export interface Waiter {
  release(): void;
  /** The store has gone, or the state is none, with the reason. */
  fail(why: unknown): void;
}

/** Somebody who reads a topic. */
export interface Reader {
  /** There is more to take; called once for all that comes until nothing was left to take. */
  more(): void;
  /** The store has gone, or the topic is none, with the reason: nothing follows. */
  fail(why: unknown): void;
}

/** A place in a topic. Nothing is queued for who is slow to take. */
export interface Following {
  /**
   * The next messages, none where there are none now. Whoever takes the same ones is given the same array, so that what is
   * made of them can be shared.
   */
  take(): readonly string[];
  end(): void;
}

/** How a store is opened. */
export interface StoreOptions {
  /** What the keys begin with that it serves. */
  readonly prefix: string;
  /**
   * Those keys are removed from a given Redis at the end; where this process dies before, they expire there so long, in
   * ms, after its last heartbeat. Undefined: they stay.
   */
  readonly expireAfterMs: number | undefined;
  /** Gives the opening up. */
  readonly signal: AbortSignal;
  /** Is told of what went wrong and ends nothing. */
  readonly warn: (text: string) => void;
}
