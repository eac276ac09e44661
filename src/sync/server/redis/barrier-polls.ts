import type { Waiting } from '../../describe-waiting.ts';
import type { SyncStore } from '../../store.ts';
import type { ActivityLog } from '../activity-log.ts';

/** Old SDKs poll their barriers every second. A client that has not polled for this long, in ms, no longer waits. */
const pollTimeoutMs = 3_000;

interface Poll {
  /** The times of the first and the last poll, by performance.now(). */
  readonly since: number;
  at: number;
  /** The number of the connection of the last poll. */
  by: number;
}

/**
 * The barriers at which a client with an old SDK (sdk-go before 0.3) waits: those whose counts it polls every second.
 * They belong to the client and not to one connection: the client takes any connection of its pool for each poll, and
 * replaces pooled connections after two minutes (go-redis, MaxConnAge).
 */
export class BarrierPolls {
  readonly #polls = new Map<string, Poll>();
  readonly #activityLog: ActivityLog;
  readonly #store: SyncStore;
  #leaving: NodeJS.Timeout | undefined;

  /** @param activityLog records the start and the end of each wait, but not repeated polls. */
  constructor(activityLog: ActivityLog, store: SyncStore) {
    this.#activityLog = activityLog;
    this.#store = store;
  }

  /**
   * Records a poll for the counts of some states. A state that is no longer polled counts as met.
   * @param by the number of the polling connection.
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

  /** The barriers at which the client waits now. */
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
   * Records that the client closed its last connection. It may open another for its next poll (a go-redis pool closes
   * expired connections before it dials). If it does not, its waits end with an unknown outcome.
   */
  leave(): void {
    clearTimeout(this.#leaving);
    // A timer may fire a little early.
    this.#leaving = setTimeout(() => this.#endAll(isOver), pollTimeoutMs + 10).unref();
  }

  /** Records that the client disconnected. */
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
    this.#activityLog.waits(state, undefined);
  }

  #end(how: 'pass' | 'leave', state: string, { at }: Poll, now: number): void {
    this.#polls.delete(state);
    this.#activityLog.waited(how, state, undefined, now - at);
  }
}

function isOver({ at }: Poll, now: number): boolean {
  return now - at >= pollTimeoutMs;
}
