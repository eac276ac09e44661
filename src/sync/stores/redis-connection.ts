import { Redis, ReplyError } from 'ioredis';
import { messageOf, type TgError } from '../../util/errors.ts';
import { withTimeout } from '../../util/with-timeout.ts';
import type { RedisAddress } from '../redis-url.ts';
import { unreachable, unusable } from './redis-refusal.ts';

/** How long, in ms, to wait for a server's first answer. */
export const connectTimeoutMs = 5_000;

/** How long, in ms, to wait for an answer during a run or its clean-up, from a server that has answered before. */
export const answerTimeoutMs = 2_500;

/**
 * Connects to a Redis. The connection never reconnects: a command in flight when it breaks may or may not have been
 * executed, and tg ends the run rather than guess.
 * @throws TgError (environment) when the server cannot be reached, refuses, or does not answer; or when the signal
 * aborts.
 */
export async function connectRedis(address: RedisAddress, signal?: AbortSignal): Promise<Redis> {
  const { host, port, db, tls } = address;
  // Options are set one by one: ioredis would take any option from the query of a URL.
  const redis = new Redis({
    host,
    port,
    ...(tls ? { tls: {} } : {}),
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    // PING reports LOADING too, and not every user may call INFO.
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: () => null,
  });
  // ioredis rejects connect() with "Connection is closed."; the cause comes as an event.
  let cause: unknown;
  redis.on('error', (error) => {
    cause ??= error;
  });
  try {
    await withTimeout(connectTimeoutMs, signal, async () => {
      await redis.connect();
      // ioredis would continue before these commands are answered.
      await logIn(redis, address);
      await redis.ping();
      if (db !== 0) await redis.select(db);
    });
    return redis;
  } catch (error) {
    redis.disconnect();
    throw cannotUse(address, cause ?? error);
  }
}

/** A password for a server that does not require one is ignored. */
async function logIn(redis: Redis, { username, password }: RedisAddress): Promise<void> {
  if (username === undefined && password === undefined) return;
  try {
    if (username === undefined) await redis.auth(password ?? '');
    else await redis.auth(username, password ?? '');
  } catch (error) {
    if (!/no password is set|without any password configured/.test(messageOf(error))) throw error;
  }
}

/** The error for a Redis that cannot be reached, or refuses. */
export function cannotUse(address: RedisAddress, cause: unknown): TgError {
  const why = messageOf(cause);
  return cause instanceof ReplyError
    ? unusable(address, [{ command: commandOf(cause), why }])
    : unreachable(address, why);
}

/** The command that caused an ioredis error; without arguments, which may contain a password. */
function commandOf(cause: unknown): string {
  const command = cause instanceof Error && 'command' in cause ? cause.command : undefined;
  const isNamed = typeof command === 'object' && command !== null && 'name' in command;
  return isNamed ? String(command.name).toUpperCase() : 'PING';
}

/**
 * Makes the server notify of every INCR and XADD, in addition to its current notifications.
 * @returns false if the server does not allow it (managed servers often refuse CONFIG).
 */
export async function enableNotifications(redis: Redis): Promise<boolean> {
  try {
    const [, flags = ''] = (await redis.config('GET', 'notify-keyspace-events')) as string[];
    const missing = ['K', '$', 't'].filter(
      (flag) => !flags.includes(flag) && (flag === 'K' || !flags.includes('A')),
    );
    if (missing.length > 0) await redis.config('SET', 'notify-keyspace-events', flags + missing.join(''));
    return true;
  } catch {
    return false;
  }
}

/**
 * Yields the keys that begin with `prefix`, page by page; a key may come twice.
 * @throws Error when the server does not answer in time.
 */
export async function* scanKeys(redis: Redis, prefix: string): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [next, keys] = await withTimeout(answerTimeoutMs, undefined, () =>
      redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000),
    );
    if (keys.length > 0) yield keys;
    cursor = next;
  } while (cursor !== '0');
}

/** Removes every key that begins with `prefix`. @throws Error when the server does not answer in time. */
export async function removeKeys(redis: Redis, prefix: string): Promise<void> {
  for await (const keys of scanKeys(redis, prefix))
    await withTimeout(answerTimeoutMs, undefined, () => redis.del(...keys));
}
