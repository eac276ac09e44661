/**
 * Runs some work, but waits for at most `ms` milliseconds, which may be infinite, and not after the signal, if given,
 * aborts.
 * @throws Error when the time is up or the signal aborts; a later result of the work is ignored.
 */
export async function withTimeout<T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  let reject: (why: Error) => void = () => {};
  const ended = new Promise<never>((_, rejectIt) => {
    reject = rejectIt;
  });
  const giveUp = () => reject(new Error(`no answer in ${ms} ms`));
  const timer = Number.isFinite(ms) ? setTimeout(giveUp, ms) : undefined;
  const onAbort = () => reject(new Error(String(signal?.reason)));
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) onAbort();
  try {
    return await Promise.race([work(), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
