import { TgError } from '../../util/errors.ts';

/** @throws TgError (environment) once a build is aborted; the signal's reason describes why. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new TgError('environment', `the build was aborted: ${signal.reason}`);
}
