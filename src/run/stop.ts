import { setMaxListeners } from 'node:events';
import { messageOf } from '../util/errors.ts';
import { formatDuration } from '../values/go-duration.ts';
import type { Stop } from './events/events.ts';

/** The longest delay that a timer takes: about 24.8 days. */
const longestTimer = 2 ** 31 - 1;

interface StopSources {
  readonly timeoutMs: number | undefined;
  /** The person's wish to end the run; its reason is in words. */
  readonly cancel: AbortSignal;
}

/** The one signal that ends a run, and what makes it. */
export interface Stopping extends Disposable {
  readonly signal: AbortSignal;
  readonly stop: (reason: Stop) => void;
  /** Makes the end of something that the run cannot do without its end. */
  needs(ending: 'store-lost' | 'launcher-lost', lost: AbortSignal): void;
}

/**
 * The one signal that ends a run: by its timeout, because somebody wants it, or because something it needs went away. The
 * first of them counts; the signal's reason is a Stop.
 */
export function stopSignal({ timeoutMs, cancel }: StopSources): Stopping {
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
  const losses: (() => void)[] = [];
  return {
    signal: controller.signal,
    stop,
    needs(ending, lost) {
      losses.push(onceLost(lost, (why) => stop({ ending, why })));
    },
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

/** The same signal, with why the run is to end, in words, as its reason. */
export function inWords(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  whenAborted(signal, () => controller.abort((signal.reason as Stop).why));
  return controller.signal;
}

/** Calls something once a signal is aborted, at once where it is already. */
export function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then);
}
