import { type Redis, ReplyError } from 'ioredis';
import { messageOf, TgError } from '../../util/errors.ts';
import { withTimeout } from '../../util/with-timeout.ts';
import { type RedisAddress, readRedisUrl, shownRedis } from '../redis-url.ts';
import type { Following, Reader, StoreOptions, SyncStore, Waiter } from '../store.ts';
import { Coalesced } from './coalesce.ts';
import { KeyExpiry } from './key-expiry.ts';
import { KeySpace } from './key-space.ts';
import {
  answerTimeoutMs,
  cannotUse,
  connectRedis,
  connectTimeoutMs,
  enableNotifications,
  removeKeys,
  scanKeys,
} from './redis-connection.ts';
import { tryCommands } from './redis-trial.ts';

/** How often, in ms, to check that the server is still reachable. */
const beatEvery = 1_000;
/** How often, in ms, to poll a server that may not notify. */
const lookAgainEvery = 100;
/** How many messages to fetch at once. */
const fetchCount = 512;

interface RedisStoreOptions extends StoreOptions {
  readonly url: string;
  /** A private server, which ends with the store. */
  readonly server?: AsyncDisposable;
}

/**
 * The store in a Redis. It uses the keys and encodings of the old SDKs, which may use the same server at the same time:
 * a state is a counter (INCR), a topic a stream (XADD, field `p`), and a sequence number the stream's length.
 * Waiting happens in this process, on a key space that mirrors the awaited states and the topics being read. The server's
 * keyspace notifications update it.
 */
export class RedisStore implements SyncStore {
  readonly description: string;
  readonly redis: SyncStore['redis'];
  readonly lost: AbortSignal;
  readonly #lostBy = new AbortController();
  readonly #keySpace = new KeySpace();
  readonly #lastIds = new Map<string, string>();
  readonly #refreshState = new Coalesced((key) =>
    this.#guarded(
      () => this.#readState(key),
      (why) => this.#keySpace.failState(key, why),
    ),
  );
  readonly #refreshTopic = new Coalesced((key) =>
    this.#guarded(
      () => this.#readTopic(key),
      (why) => this.#keySpace.failTopic(key, why),
    ),
  );
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #options: RedisStoreOptions;
  readonly #commands: Redis;
  readonly #notices: Redis;
  /** Undefined if keys do not expire. */
  readonly #expiry: KeyExpiry | undefined;
  #closing = false;
  /** The SHA of the publish script; undefined if the server does not support scripts. */
  #publishScript: string | undefined;
  /** Whether a command was issued in this turn of the event loop. */
  #asked = false;

  private constructor(options: RedisStoreOptions, address: RedisAddress, commands: Redis, notices: Redis) {
    this.#options = options;
    this.#commands = commands;
    this.#notices = notices;
    const { expireAfterMs, prefix } = options;
    this.#expiry = expireAfterMs === undefined ? undefined : new KeyExpiry(commands, prefix, expireAfterMs);
    this.description = `${options.server ? 'a private ' : ''}Redis at ${shownRedis(address)}`;
    this.redis = openToOldSdks(address);
    this.lost = this.#lostBy.signal;
    for (const connection of [commands, notices]) {
      connection.on('end', () => this.#lose('the connection was closed'));
    }
  }

  /**
   * Connects, checks that the server supports what a run needs, and starts listening.
   * @throws TgError (environment) when the server cannot be reached or used.
   */
  static async open(options: RedisStoreOptions): Promise<RedisStore> {
    const address = readRedisUrl(options.url);
    const commands = await connectRedis(address, options.signal);
    const notices = await connectRedis(address, options.signal).catch((error: unknown) => {
      commands.disconnect();
      throw error;
    });
    const store = new RedisStore(options, address, commands, notices);
    try {
      await withTimeout(connectTimeoutMs, options.signal, () => store.#begin(address));
      return store;
    } catch (error) {
      store.#close();
      throw error instanceof TgError ? error : cannotUse(address, error);
    }
  }

  async signalEntry(key: string): Promise<number> {
    const count = await this.#ask(() => this.#written(key, this.#commands.incr(key)));
    this.#keySpace.states.get(key)?.raise(count);
    return count;
  }

  wait(key: string, target: number, waiter: Waiter): () => void {
    // Registers the waiter before it reads the count, so that no entry in between is missed.
    const stopWaiting = this.#keySpace.wait(key, target, waiter);
    if (this.knownCount(key) < target) void this.#refreshState.run(key);
    return stopWaiting;
  }

  async publish(key: string, payload: string): Promise<number> {
    const seq =
      (await this.#publishByScript(key, payload)) ?? (await this.#publishInTransaction(key, payload));
    if (this.#keySpace.topics.get(key)?.read) void this.#refreshTopic.run(key);
    return seq;
  }

  follow(key: string, reader: Reader, from = 0): Following {
    const following = this.#keySpace.follow(key, reader, from);
    void this.#refreshTopic.run(key);
    return following;
  }

  async count(key: string): Promise<number | undefined> {
    const text = await this.#ask(() => this.#commands.get(key));
    return text === null ? undefined : countIn(text);
  }

  length(key: string): Promise<number> {
    return this.#ask(() => this.#commands.xlen(key));
  }

  keys(): Promise<string[]> {
    return this.#ask(async () => {
      const found = new Set<string>();
      const pages = scanKeys(this.#commands, this.#options.prefix);
      for await (const keys of pages) for (const key of keys) found.add(key);
      found.delete(this.#expiry?.marker ?? '');
      return [...found];
    });
  }

  async has(key: string): Promise<boolean> {
    return (await this.#ask(() => this.#commands.exists(key))) > 0;
  }

  /** Removes a key in Redis even if it has waiters; they keep waiting for the count known here. */
  async remove(keys: readonly string[]): Promise<number> {
    if (keys.length === 0) return 0;
    this.#keySpace.remove(keys);
    this.#expiry?.forget(keys);
    return await this.#ask(() => this.#commands.del(...keys));
  }

  knownCount(key: string): number {
    return this.#keySpace.states.get(key)?.count ?? 0;
  }

  knownLength(key: string): number {
    return this.#keySpace.topics.get(key)?.length ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    if (!this.lost.aborted && this.#expiry !== undefined) await this.#removeKeys();
    this.#close();
    await this.#options.server?.[Symbol.asyncDispose]();
    this.#keySpace.close(new Error('the sync service has ended'));
  }

  #close(): void {
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#commands.disconnect();
    this.#notices.disconnect();
  }

  async #removeKeys(): Promise<void> {
    const { prefix, warn } = this.#options;
    await removeKeys(this.#commands, prefix).catch((error: unknown) =>
      warn(`the keys ${prefix}* could not be removed from the ${this.description}: ${messageOf(error)}`),
    );
  }

  async #begin(address: RedisAddress): Promise<void> {
    const { prefix } = this.#options;
    this.#publishScript = await tryCommands(this.#commands, address, prefix);
    const notified = (await enableNotifications(this.#commands)) && (await this.#subscribe(address.db));
    if (!notified) this.#every(lookAgainEvery, () => this.#refreshAll());
    const expiry = this.#expiry;
    if (expiry !== undefined) {
      await expiry.begin();
      const renewing = new Coalesced(() =>
        expiry.renew().catch((error: unknown) => this.#reportExpiryFailure(error)),
      );
      this.#every(expiry.renewEvery, () => void renewing.run(prefix));
    }
    this.#every(beatEvery, () => void this.#beat());
  }

  #every(ms: number, work: () => void): void {
    // Opening was aborted meanwhile: nothing would clear this timer.
    if (this.#closing) return;
    this.#timers.push(setInterval(work, ms));
  }

  #reportExpiryFailure(error: unknown): void {
    if (this.#closing || this.lost.aborted) return;
    const { prefix, warn } = this.#options;
    warn(
      `the keys ${prefix}* could not be kept from expiring in the ${this.description}: ${messageOf(error)}`,
    );
  }

  /** @returns false if the user may not subscribe to the server's channels. */
  async #subscribe(db: number): Promise<boolean> {
    const channel = `__keyspace@${db}__:`;
    this.#notices.on('pmessage', (_pattern: string, name: string) => {
      const key = name.slice(channel.length);
      this.#expiry?.see(key);
      this.#refresh(key);
    });
    try {
      await this.#notices.psubscribe(`${channel}${this.#options.prefix}*`);
      return true;
    } catch (error) {
      if (this.#notices.status !== 'ready') throw error;
      return false;
    }
  }

  #refresh(key: string): void {
    if (this.#keySpace.states.get(key)?.awaited) void this.#refreshState.run(key);
    if (this.#keySpace.topics.get(key)?.read) void this.#refreshTopic.run(key);
  }

  #refreshAll(): void {
    for (const key of [...this.#keySpace.states.keys(), ...this.#keySpace.topics.keys()]) this.#refresh(key);
  }

  async #readState(key: string): Promise<void> {
    this.#keySpace.state(key).raise(countIn((await this.#commands.get(key)) ?? '0'));
  }

  async #readTopic(key: string): Promise<void> {
    const topic = this.#keySpace.topic(key);
    for (;;) {
      const from = this.#lastIds.get(key) ?? '0';
      const [stream] = (await this.#commands.xread('COUNT', fetchCount, 'STREAMS', key, from)) ?? [];
      const entries = stream?.[1] ?? [];
      for (const [id, fields] of entries) {
        this.#lastIds.set(key, id);
        topic.append(payloadOf(fields));
      }
      if (entries.length < fetchCount) return;
    }
  }

  /** Runs a command whose failure the caller must see; a broken connection also closes the store. */
  async #ask<T>(command: () => Promise<T>): Promise<T> {
    this.lost.throwIfAborted();
    this.#corkCommands();
    try {
      return await command();
    } catch (error) {
      if (this.#commands.status !== 'ready') this.#lose(messageOf(error));
      this.lost.throwIfAborted();
      throw error;
    }
  }

  /**
   * Publishes with one command instead of four. @returns undefined if the server does not (or no longer) have the
   * script.
   */
  async #publishByScript(key: string, payload: string): Promise<number | undefined> {
    const script = this.#publishScript;
    if (script === undefined) return undefined;
    try {
      const asked = () => this.#written(key, this.#commands.evalsha(script, 1, key, payload));
      return Number(await this.#ask(asked));
    } catch (error) {
      if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
      this.#publishScript = undefined;
      return undefined;
    }
  }

  async #publishInTransaction(key: string, payload: string): Promise<number> {
    const replies = await this.#ask(() =>
      this.#written(key, this.#commands.multi().xadd(key, '*', 'p', payload).xlen(key).exec()),
    );
    for (const [error] of replies ?? []) if (error !== null) throw error;
    return Number(replies?.[1]?.[1]);
  }

  /** Records that the issued command writes a key. */
  #written<T>(key: string, asked: T): T {
    this.#expiry?.see(key);
    return asked;
  }

  /** Sends the first command of an event loop turn at once, and batches the others at the end of the turn. */
  #corkCommands(): void {
    const { stream } = this.#commands;
    if (this.#asked) {
      if (stream.writableCorked === 0) stream.cork();
      return;
    }
    this.#asked = true;
    setImmediate(() => {
      this.#asked = false;
      if (stream.writableCorked > 0) stream.uncork();
    });
  }

  /**
   * Runs background work. A server error about one key (it holds another type) fails the waiters of that key; any other
   * error closes the store, because awaited changes would never arrive.
   */
  async #guarded(work: () => Promise<void>, refuse: (why: Error) => void): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof ReplyError || error instanceof NoCount) refuse(error as Error);
      else this.#lose(messageOf(error));
    }
  }

  async #beat(): Promise<void> {
    try {
      if (this.#expiry === undefined)
        await withTimeout(answerTimeoutMs, undefined, () => this.#commands.ping());
      else await this.#expiry.beat();
    } catch (error) {
      this.#lose(messageOf(error));
    }
  }

  #lose(why: string): void {
    if (this.#closing || this.lost.aborted) return;
    const error = new TgError('environment', `the sync store, ${this.description}, went away: ${why}`, {
      hint: 'The states and topics of this run are lost. Check the log of that Redis, then run again.',
    });
    this.#lostBy.abort(error);
    this.#keySpace.close(error);
    // Pending commands would never be answered.
    this.#commands.disconnect();
    this.#notices.disconnect();
  }
}

/** The key of a state holds something else. */
class NoCount extends Error {}

/** @throws NoCount if the text is not an integer. */
function countIn(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new NoCount('WRONGTYPE the key of this state does not hold a count');
}

/** The value of field `p` in the `field, value, …` list of a stream entry. */
function payloadOf(fields: readonly string[]): string {
  for (let index = 0; index + 1 < fields.length; index += 2) {
    if (fields[index] === 'p') return fields[index + 1] ?? 'null';
  }
  return 'null';
}

/** Old SDKs take only a host and a port: no TLS, no password, and only database 0. */
function openToOldSdks({ host, port, tls, username, password, db }: RedisAddress): SyncStore['redis'] {
  if (tls || username !== undefined || password !== undefined || db !== 0) return undefined;
  return { host, port };
}
