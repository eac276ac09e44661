import { startPrivateRedis } from './redis-server.ts';
import { RedisStore } from './redis-store.ts';
import type { SyncStore } from './store.ts';

/**
 * The store in the Redis at `url`, or, without one, in a private server that goes when the store does.
 * @param prefix what the keys begin with that are served here.
 * @param removeKeysAtEnd whether those keys are removed from a given server at the end.
 */
export async function openRedisStore(
  url: string | undefined,
  prefix: string,
  removeKeysAtEnd: boolean,
): Promise<SyncStore> {
  if (url !== undefined) return await RedisStore.open({ url, prefix, removeKeysAtEnd });
  const server = await startPrivateRedis();
  try {
    return await RedisStore.open({ url: server.url, prefix, removeKeysAtEnd: false, server });
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
