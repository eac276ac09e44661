import {
  defaultHost,
  defaultPort,
  type Response,
  runEventsKey,
  type Scope,
  stateKey,
  topicKey,
} from '../sync/protocol.ts';
import type { Event } from './event-log.ts';
import type { RunEnv } from './run-env.ts';
import { scopeOf } from './run-params.ts';
import { SyncSocket } from './sync-socket.ts';

/** Options of all operations: a signal that aborts the operation. */
export interface SyncOptions {
  readonly signal?: AbortSignal;
}

/**
 * A client of the sync service, bound to one run: its states, barriers and topics are shared by all instances of
 * the run.
 */
export class SyncClient {
  readonly #socket: SyncSocket;
  readonly #scope: Scope;

  private constructor(socket: SyncSocket, scope: Scope) {
    this.#socket = socket;
    this.#scope = scope;
  }

  /** Connects to the service given by the environment (SYNC_SERVICE_HOST and SYNC_SERVICE_PORT). */
  static async connect(runenv: RunEnv, { signal }: SyncOptions = {}): Promise<SyncClient> {
    const host = process.env['SYNC_SERVICE_HOST'] || defaultHost;
    const port = process.env['SYNC_SERVICE_PORT'] || defaultPort;
    return new SyncClient(await SyncSocket.connect(`ws://${host}:${port}`, signal), scopeOf(runenv.params));
  }

  /** Signals a state. @returns the sequence number of this entry, from 1. */
  async signalEntry(state: string, { signal }: SyncOptions = {}): Promise<number> {
    return seqOf(
      await this.#socket.ask({ signal_entry: { state: stateKey(this.#scope, state) } }, signal),
      'signal_entry',
    );
  }

  /** Waits until a state has been signalled at least `target` times. */
  async barrier(state: string, target: number, { signal }: SyncOptions = {}): Promise<void> {
    // JSON drops undefined and NaN, and a barrier without a target would be passed immediately.
    if (!Number.isSafeInteger(target) || target < 0) {
      throw new RangeError(`the target of barrier "${state}" must be a whole number from 0, not ${target}`);
    }
    await this.#socket.ask({ barrier: { state: stateKey(this.#scope, state), target } }, signal);
  }

  /** Signals a state and waits until it has `target` entries. @returns the sequence number. */
  async signalAndWait(state: string, target: number, options: SyncOptions = {}): Promise<number> {
    const seq = await this.signalEntry(state, options);
    await this.barrier(state, target, options);
    return seq;
  }

  /** Publishes a JSON value. @returns the sequence number of this message, from 1. */
  async publish(topic: string, payload: unknown, { signal }: SyncOptions = {}): Promise<number> {
    return await this.#publish(topicKey(this.#scope, topic), payload, signal);
  }

  /**
   * Yields all messages of a topic from the first, in order, and waits for further ones. Leaving the loop ends the
   * subscription; so does the signal, with its reason. The type of messages is not checked.
   */
  async *subscribe<T = unknown>(topic: string, { signal }: SyncOptions = {}): AsyncGenerator<T, void> {
    signal?.throwIfAborted();
    const received: string[] = [];
    let failure: { error: unknown } | undefined;
    let wake = () => {};
    const fail = (error: unknown) => {
      failure ??= { error };
      wake();
    };
    const onAbort = () => fail(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    using _ = this.#socket.listen(
      { subscribe: { topic: topicKey(this.#scope, topic) } },
      {
        answer: ({ error, subscribe }) => {
          if (error) return fail(new Error(error));
          received.push(subscribe);
          wake();
        },
        fail,
      },
    );
    try {
      for (let next = 0; ; ) {
        if (signal?.aborted) throw signal.reason;
        const message = received[next];
        if (message !== undefined) {
          next++;
          // Drops the messages that were yielded; in batches, since each splice moves the remaining ones.
          if (next === 1_024) next -= received.splice(0, next).length;
          yield JSON.parse(message) as T;
        } else if (failure !== undefined) {
          throw failure.error;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Publishes a message, then subscribes to the same topic. */
  async publishSubscribe<T>(
    topic: string,
    payload: T,
    options: SyncOptions = {},
  ): Promise<{ readonly seq: number; readonly messages: AsyncGenerator<T, void> }> {
    const seq = await this.publish(topic, payload, options);
    return { seq, messages: this.subscribe<T>(topic, options) };
  }

  /** Publishes a message, then waits until a state has `target` entries. @returns the message's sequence number. */
  async publishAndWait(
    topic: string,
    payload: unknown,
    state: string,
    target: number,
    options: SyncOptions = {},
  ): Promise<number> {
    const seq = await this.publish(topic, payload, options);
    await this.barrier(state, target, options);
    return seq;
  }

  /** Publishes an event on the run's own topic. */
  async signalEvent(event: Event): Promise<void> {
    await this.#publish(runEventsKey(this.#scope), event);
  }

  close(): Promise<void> {
    return this.#socket.close();
  }

  async #publish(topic: string, payload: unknown, signal?: AbortSignal): Promise<number> {
    // JSON.stringify would omit an undefined payload.
    return seqOf(await this.#socket.ask({ publish: { topic, payload: payload ?? null } }, signal), 'publish');
  }
}

function seqOf(response: Response, kind: 'publish' | 'signal_entry'): number {
  const seq = response[kind]?.seq;
  if (seq === undefined) throw new Error(`the sync service answered ${kind} without a sequence number`);
  return seq;
}
