import { setMaxListeners } from 'node:events';
import { messageOf } from '../errors.ts';
import { formatDuration } from '../values/go-duration.ts';
import type { Stop } from './events.ts';

/** The longest delay that a timer takes: about 24.8 days. */
const longestTimer = 2 ** 31 - 1;

interface StopSources {
  readonly timeoutMs: number | undefined;
  /** The person's wish to end the run; its reason is in words. */
  readonly cancel: AbortSignal;
  /** The ends of what a run cannot do without. */
  readonly lost: readonly (readonly ['store-lost' | 'launcher-lost', AbortSignal])[];
}

/**
 * The one signal that ends a run: by its timeout, because somebody wants it, or because something it needs went away. The
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
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => stop({ ending: 'timeout', why: `the timeout of ${formatDuration(timeoutMs)} is over` }),
          Math.min(timeoutMs, longestTimer),
        );
  cancel.addEventListener('abort', onCancel);
  if (cancel.aborted) onCancel();
  const losses = lost.map(([ending, signal]) => onceLost(signal, (why) => stop({ ending, why })));
  return {
    signal: controller.signal,
    stop,
    [Symbol.dispose]() {
      clearTimeout(timer);
      cancel.removeEventListener('abort', onCancel);
      for (const forget of losses) forget();
    },
  };
}

/** @returns what to call when nobody wants to know any longer. */
function onceLost(signal: AbortSignal, then: (why: string) => void): () => void {
  const onLost = () => then(messageOf(signal.reason));
  signal.addEventListener('abort', onLost);
  if (signal.aborted) onLost();
  return () => signal.removeEventListener('abort', onLost);
}

/** Calls something once a signal is aborted, at once where it is already. */
export function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then);
}
