import { setMaxListeners } from 'node:events';
import { formatDuration } from '../values/go-duration.ts';
import type { Stop } from './events.ts';

/** The longest delay that a timer takes: about 24.8 days. */
const longestTimer = 2 ** 31 - 1;

interface StopSources {
  readonly timeoutMs: number | undefined;
  /** The person's wish to end the run; its reason is in words. */
  readonly cancel: AbortSignal;
  /** The store's end. */
  readonly lost: AbortSignal;
}

/**
 * The one signal that ends a run: by its timeout, because somebody wants it, or because the store went away. The
 * first of them counts; the signal's reason is a Stop.
 */
export function stopSignal({
  timeoutMs,
  cancel,
  lost,
}: StopSources): Disposable & { readonly signal: AbortSignal; readonly stop: (reason: Stop) => void } {
  const controller = new AbortController();
  // Every instance listens to it.
  setMaxListeners(0, controller.signal);
  const stop = (reason: Stop) => controller.abort(reason);
  const onCancel = () => stop({ ending: 'canceled', why: String(cancel.reason) });
  const onLost = () => stop({ ending: 'store-lost', why: wordsOf(lost.reason) });
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => stop({ ending: 'timeout', why: `the timeout of ${formatDuration(timeoutMs)} is over` }),
          Math.min(timeoutMs, longestTimer),
        );
  cancel.addEventListener('abort', onCancel);
  lost.addEventListener('abort', onLost);
  if (cancel.aborted) onCancel();
  if (lost.aborted) onLost();
  return {
    signal: controller.signal,
    stop,
    [Symbol.dispose]() {
      clearTimeout(timer);
      cancel.removeEventListener('abort', onCancel);
      lost.removeEventListener('abort', onLost);
    },
  };
}

function wordsOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
