import { runPrefix } from './protocol.ts';
import { readRedisUrl } from './redis-url.ts';

/** How long, in ms, the server may take for each answer. */
const patience = 2_500;

/** In the name of another folder may stand what SCAN takes for a pattern. */
const runId = /^[a-z0-9]{20}$/;

/**
 * Removes the keys of a run that was interrupted from a Redis. The journal holds no URL, which may hold a password: it is the
 * one that is given now. Where it cannot be reached, the keys expire there by themselves.
 * @param url nothing is removed where there is none.
 * @returns whether they could be removed.
 */
export async function removeRunKeys(run: string, url: string | undefined): Promise<boolean> {
  if (!url || !runId.test(run)) return false;
  const { connectRedis, removeKeys } = await import('./stores/redis-connection.ts');
  try {
    const redis = await connectRedis(readRedisUrl(url));
    try {
      await removeKeys(redis, runPrefix(run), patience);
    } finally {
      redis.disconnect();
    }
    return true;
  } catch {
    return false;
  }
}
