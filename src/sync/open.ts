import type { StoreOptions, SyncStore } from './store.ts';
import { MemoryStore } from './stores/memory-store.ts';

/** The store behind the sync service: in memory, a given Redis, or a private Redis (no URL). */
export type SyncChoice =
  | { readonly store: 'memory' }
  | { readonly store: 'redis'; readonly url: string | undefined };

/**
 * Opens the chosen store.
 * @throws TgError (environment) when the chosen Redis cannot be reached.
 */
export async function openStore(choice: SyncChoice, options: StoreOptions): Promise<SyncStore> {
  if (choice.store === 'memory') return new MemoryStore();
  // Loads the Redis client only for runs that use it.
  const { openRedisStore } = await import('./stores/open-redis.ts');
  return await openRedisStore(choice.url, options);
}
