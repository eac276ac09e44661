import type { SyncStore } from '../../src/sync/store.ts';
import { deferred } from '../../src/util/deferred.ts';

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
