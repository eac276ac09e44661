import { TgError } from '../../util/errors.ts';

/** @throws TgError (environment) once a build is given up; the signal's reason says why, in words. */
export function throwIfGivenUp(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new TgError('environment', `ended before it was built: ${signal.reason}`);
}
