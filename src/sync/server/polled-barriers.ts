import type { SyncStore } from '../store.ts';
import type { Waiting } from '../waiting.ts';
import type { ActivityLog } from './activity-log.ts';

/** An old SDK looks at its barriers every second; one that has not for so many ms waits there no longer. */
const pollPatience = 3_000;

interface Poll {
  /** When it was asked for first and last, by performance.now(). */
  readonly since: number;
  at: number;
  /** The number of the connection that asked last. */
  by: number;
}

/**
 * The barriers at which a client with an old SDK (sdk-go before 0.3) waits: those whose counts it asks for every second. They belong
 * to the client and not to one of its connections, because it takes any connection of a pool for each question, and replaces
 * the connections of the pool after two minutes (go-redis, MaxConnAge).
 */
export class PolledBarriers {
  readonly #polls = new Map<string, Poll>();
  readonly #ledger: ActivityLog;
  readonly #store: SyncStore;
  #leaving: NodeJS.Timeout | undefined;

  /** @param ledger is told when a wait begins and ends; to ask again is neither. */
  constructor(ledger: ActivityLog, store: SyncStore) {
    this.#ledger = ledger;
    this.#store = store;
  }

  /**
   * The client has asked for the counts of some states. Where it asks no longer for a state, it found the barrier met.
   * @param by the number of the connection that asks.
   */
  ask(states: readonly string[], by: number): void {
    const now = performance.now();
    const asked = new Set(states);
    for (const [state, poll] of this.#polls) {
      if (!asked.has(state) && (poll.by === by || isOver(poll, now))) this.#end('pass', state, poll, now);
    }
    for (const state of asked) {
      const poll = this.#polls.get(state);
      if (poll === undefined || isOver(poll, now)) this.#begin(state, by, now);
      else Object.assign(poll, { at: now, by });
    }
  }

  /** Where the client waits now. */
  waiting(): Waiting[] {
    const now = performance.now();
    return [...this.#polls].flatMap(([state, poll]): Waiting[] => {
      if (isOver(poll, now)) return [];
      const count = this.#store.knownCount(state);
      const [forMs, polledMs] = [now - poll.since, now - poll.at];
      return [{ kind: 'barrier', state, target: undefined, count, forMs, polledMs }];
    });
  }

  /**
   * The client has closed its last connection. It may open another for its next question (a pool of go-redis closes what is too old
   * before it dials): where none comes, it waits no longer, and how its waits ended is not known.
   */
  leave(): void {
    clearTimeout(this.#leaving);
    // A timer may come a little early.
    this.#leaving = setTimeout(() => this.#endAll(isOver), pollPatience + 10).unref();
  }

  /** The client has gone. */
  close(): void {
    clearTimeout(this.#leaving);
    this.#endAll(() => true);
  }

  #endAll(which: (poll: Poll, now: number) => boolean): void {
    const now = performance.now();
    for (const [state, poll] of this.#polls) if (which(poll, now)) this.#end('leave', state, poll, now);
  }

  #begin(state: string, by: number, now: number): void {
    const before = this.#polls.get(state);
    if (before !== undefined) this.#end('pass', state, before, now);
    this.#polls.set(state, { since: now, at: now, by });
    this.#ledger.waits(state, undefined);
  }

  #end(how: 'pass' | 'leave', state: string, { at }: Poll, now: number): void {
    this.#polls.delete(state);
    this.#ledger.waited(how, state, undefined, now - at);
  }
}

function isOver({ at }: Poll, now: number): boolean {
  return now - at >= pollPatience;
}
