import type { StoreOptions, SyncStore } from '../store.ts';
import { startPrivateRedis } from './private-redis.ts';
import { RedisStore } from './redis-store.ts';

/** Opens the store in the Redis at `url`, or in a private server that ends with the store. */
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
