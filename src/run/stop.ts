import { setMaxListeners } from 'node:events';
import { messageOf } from '../util/errors.ts';
import { longestTimer } from '../util/longest-timer.ts';
import { formatDuration } from '../values/go-duration.ts';
import type { Stop } from './events/ending.ts';

/** The grace period between asking an instance to end and killing it, in ms; short if the run has already failed. */
export const graceMs: Readonly<Record<Stop['ending'], number>> = {
  timeout: 5_000,
  canceled: 5_000,
  'store-lost': 1_000,
  'runner-lost': 1_000,
  refused: 1_000,
  abandoned: 400,
  'disk-full': 1_000,
  'max-output': 1_000,
  'no-longer-needed': 5_000,
};

/** How long, in ms, instances may take to end when a run is stopped for this reason. */
export function graceMsOf({ ending }: Stop): number {
  return graceMs[ending];
}

interface StopSources {
  readonly timeoutMs: number | undefined;
  /** Aborted when a person cancels the run; its reason is text. */
  readonly cancel: AbortSignal;
}

/** The signal that stops a run, and its sources. */
export interface Stopping extends Disposable {
  readonly signal: AbortSignal;
  readonly stop: (reason: Stop) => void;
  /** Stops the run when a resource that it depends on is lost. */
  needs(ending: 'store-lost' | 'runner-lost', lost: AbortSignal): void;
}

/**
 * Creates the signal that stops a run: at its timeout, when it is canceled, or when a resource is lost. The first
 * cause counts; the signal's reason is a Stop.
 */
export function stopSignal({ timeoutMs, cancel }: StopSources): Stopping {
  const controller = new AbortController();
  // Every instance adds a listener.
  setMaxListeners(0, controller.signal);
  const stop = (reason: Stop) => controller.abort(reason);
  const onCancel = () => stop({ ending: 'canceled', why: String(cancel.reason) });
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => stop({ ending: 'timeout', why: `the timeout of ${formatDuration(timeoutMs)} expired` }),
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

/** @returns a function that removes the listener. */
function onceLost(signal: AbortSignal, then: (why: string) => void): () => void {
  const onLost = () => then(messageOf(signal.reason));
  signal.addEventListener('abort', onLost);
  if (signal.aborted) onLost();
  return () => signal.removeEventListener('abort', onLost);
}

/** A signal that follows `signal`, with the Stop's text as its reason. */
export function withTextReason(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  whenAborted(signal, () => controller.abort((signal.reason as Stop).why));
  return controller.signal;
}

/** Calls `then` once a signal is aborted, at once if it already is. */
export function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then);
}
