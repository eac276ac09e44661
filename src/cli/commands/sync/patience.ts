import { TgError } from '../../../util/errors.ts';
import { parseGoDuration } from '../../../values/go-duration.ts';

/** Timers of Node hold no more, in ms. */
const longest = 2 ** 31 - 1;

/**
 * A signal that aborts after a time, until disposed of.
 * @param timeout a duration as Go writes it; undefined for no limit.
 * @throws TgError (usage) for what is no positive duration.
 */
export function patienceOf(timeout: string | undefined): Disposable & { readonly signal: AbortSignal } {
  const end = new AbortController();
  const timer = timeout === undefined ? undefined : setTimeout(() => end.abort(), msOf(timeout));
  return { signal: end.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

function msOf(timeout: string): number {
  const ms = parseGoDuration(timeout);
  if (ms !== undefined && ms > 0) return Math.min(ms, longest);
  throw new TgError('usage', `${JSON.stringify(timeout)} is no duration above zero`, {
    where: '--timeout',
    hint: 'Write it with a unit: 500ms, 30s, 5m.',
  });
}
