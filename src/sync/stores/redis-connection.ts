import { Redis } from 'ioredis';
import { messageOf, TgError } from '../../errors.ts';
import { within } from '../../within.ts';

/** A Redis URL as it may be shown: without user and password. */
export function shownUrl(url: string): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}

/** How long, in ms, a server has to answer at all. */
export const patience = 5_000;

/**
 * Connects to a Redis. The connection never heals itself: a command in flight when it breaks may or may not have
 * counted, and tg would rather end the run than guess.
 * @throws TgError (environment) when the server is not there, refuses, or does not answer; or when the signal aborts.
 */
export async function connectRedis(url: string, signal: AbortSignal): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: patience,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => null,
  });
  // ioredis rejects connect() with "Connection is closed."; the cause comes as an event.
  let cause: unknown;
  redis.on('error', (error) => {
    cause = error;
  });
  try {
    await within(patience, signal, async () => {
      await redis.connect();
      await redis.ping();
      // ioredis passes over a database that the server does not have, and would use another one.
      await redis.select(redis.options.db ?? 0);
    });
    return redis;
  } catch (error) {
    redis.disconnect();
    throw cannotUse(url, messageOf(cause ?? error));
  }
}

/** The error for a Redis that is not there, or refuses. */
export function cannotUse(url: string, why: string): TgError {
  if (/^(NOAUTH|WRONGPASS|ERR|NOPERM)/.test(why)) {
    return new TgError('environment', `the Redis at ${shownUrl(url)} refuses: ${why}`, {
      hint: 'Correct user, password or database: redis://user:password@host:port/database.',
    });
  }
  return new TgError('environment', `no Redis answers at ${shownUrl(url)}: ${why}`, {
    hint: 'Start it, correct --redis (or TG_REDIS_URL), or leave it out: tg needs no Redis.',
  });
}

/**
 * Makes the server tell of every INCR and XADD, keeping what it tells already.
 * @returns false where the server does not allow it (managed ones often refuse CONFIG).
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
 * The keys that begin with `prefix`, page by page; one may come twice.
 * @param ms how long the server may take for each answer.
 */
export async function* scanKeys(redis: Redis, prefix: string, ms: number): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [next, keys] = await within(ms, undefined, () =>
      redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000),
    );
    if (keys.length > 0) yield keys;
    cursor = next;
  } while (cursor !== '0');
}

/** Removes every key that begins with `prefix`, with the same patience. */
export async function removeKeys(redis: Redis, prefix: string, ms: number): Promise<void> {
  for await (const keys of scanKeys(redis, prefix, ms)) await within(ms, undefined, () => redis.del(...keys));
}
