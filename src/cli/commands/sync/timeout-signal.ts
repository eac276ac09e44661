import { TgError } from '../../../util/errors.ts';
import { longestTimer } from '../../../util/longest-timer.ts';
import { parseGoDuration } from '../../../values/go-duration.ts';

/**
 * Returns a signal that aborts after a timeout, until disposed of.
 * @param timeout a Go duration; undefined for no limit.
 * @throws TgError (usage) unless the duration is positive.
 */
export function timeoutSignalOf(timeout: string | undefined): Disposable & { readonly signal: AbortSignal } {
  const end = new AbortController();
  const timer = timeout === undefined ? undefined : setTimeout(() => end.abort(), msOf(timeout));
  return { signal: end.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

function msOf(timeout: string): number {
  const ms = parseGoDuration(timeout);
  if (ms !== undefined && ms > 0) return Math.min(ms, longestTimer);
  throw new TgError('usage', `the timeout must be a positive duration, not ${JSON.stringify(timeout)}`, {
    where: '--timeout',
    hint: 'Write it with a unit: 500ms, 30s, 5m.',
  });
}
