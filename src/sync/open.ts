import { MemoryStore } from './memory-store.ts';
import type { SyncStore } from './store.ts';

/** Which store stands behind the sync service: our own memory, a given Redis, or a private one (no URL). */
export type SyncChoice =
  | { readonly store: 'memory' }
  | { readonly store: 'redis'; readonly url: string | undefined };

/** Which keys a store serves: what they begin with, and whether they end with it. */
export interface KeySpace {
  readonly prefix: string;
  readonly removeKeysAtEnd: boolean;
}

/**
 * Opens the store that was chosen.
 * @throws TgError (environment) when the chosen Redis is not there.
 */
export async function openStore(choice: SyncChoice, keys: KeySpace): Promise<SyncStore> {
  if (choice.store === 'memory') return new MemoryStore();
  // The Redis client is loaded by those who ask for it only.
  const { openRedisStore } = await import('./open-redis.ts');
  return await openRedisStore(choice.url, keys.prefix, keys.removeKeysAtEnd);
}
