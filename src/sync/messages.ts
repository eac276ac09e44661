import { deferred } from '../util/deferred.ts';
import type { SyncStore } from './store.ts';

/**
 * Yields all messages of a topic and then those that follow, in order, in batches, until the signal aborts.
 * @param from how many messages to skip.
 * @throws the store's reason when the store is lost.
 */
export async function* messages(
  store: SyncStore,
  topic: string,
  signal: AbortSignal,
  from = 0,
): AsyncGenerator<readonly string[], void> {
  let changed = deferred<void>();
  const following = store.follow(
    topic,
    { more: () => changed.resolve(), fail: (why) => changed.reject(why) },
    from,
  );
  const onAbort = () => changed.resolve();
  signal.addEventListener('abort', onAbort);
  try {
    while (!signal.aborted) {
      const batch = following.take();
      if (batch.length > 0) {
        yield batch;
      } else {
        await changed.promise;
        changed = deferred();
      }
    }
  } finally {
    following.end();
    signal.removeEventListener('abort', onAbort);
  }
}
