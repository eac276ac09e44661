import type { StoreOptions, SyncStore } from '../store.ts';
import { startPrivateRedis } from './redis-server.ts';
import { RedisStore } from './redis-store.ts';

/** The store in the Redis at `url`, or, without one, in a private server that goes when the store does. */
export async function openRedisStore(url: string | undefined, options: StoreOptions): Promise<SyncStore> {
  if (url !== undefined) return await RedisStore.open({ ...options, url });
  const server = await startPrivateRedis(options.signal);
  try {
    return await RedisStore.open({ ...options, url: server.url, expireAfterMs: undefined, server });
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
