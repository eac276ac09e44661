import type { StoreOptions, SyncStore } from './store.ts';
import { MemoryStore } from './stores/memory-store.ts';

/** Which store stands behind the sync service: our own memory, a given Redis, or a private one (no URL). */
export type SyncChoice =
  | { readonly store: 'memory' }
  | { readonly store: 'redis'; readonly url: string | undefined };

/**
 * Opens the store that was chosen.
 * @throws TgError (environment) when the chosen Redis is not there.
 */
export async function openStore(choice: SyncChoice, options: StoreOptions): Promise<SyncStore> {
  if (choice.store === 'memory') return new MemoryStore();
  // The Redis client is loaded by those who ask for it only.
  const { openRedisStore } = await import('./stores/open-redis.ts');
  return await openRedisStore(choice.url, options);
}
