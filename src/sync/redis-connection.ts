import { Redis } from 'ioredis';
import { messageOf, TgError } from '../errors.ts';

/** A Redis URL as it may be shown: without user and password. */
export function shownUrl(url: string): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}

/**
 * Connects to a Redis. The connection never heals itself: a command in flight when it breaks may or may not have
 * counted, and tg would rather end the run than guess.
 * @throws TgError (environment) when the server is not there or refuses.
 */
export async function connectRedis(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3_000,
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
    await redis.connect();
    await redis.ping();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw new TgError('environment', `no Redis answers at ${shownUrl(url)}: ${messageOf(cause ?? error)}`, {
      hint: 'Start it, correct --redis (or TG_REDIS_URL), or leave --sync redis out: tg needs no Redis.',
      cause: error,
    });
  }
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

/** Removes every key that begins with `prefix`. */
export async function removeKeys(redis: Redis, prefix: string): Promise<void> {
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1_000 })) {
    if (keys.length > 0) await redis.del(...(keys as string[]));
  }
}
