import { deferred } from '../util/deferred.ts';
import type { SyncStore } from './store.ts';

/**
 * Resolves once a state's count is at least `target`.
 * @throws the signal's reason when it aborts first, or the store's when the store is lost.
 */
export async function barrier(
  store: SyncStore,
  state: string,
  target: number,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = deferred<void>();
  const stopWaiting = store.wait(state, target, { release: resolve, fail: reject });
  const onAbort = () => {
    stopWaiting();
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort);
  await promise.finally(() => signal.removeEventListener('abort', onAbort));
}

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
