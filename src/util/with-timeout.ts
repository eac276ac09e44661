/**
 * Runs some work, but waits for at most `ms` milliseconds, and not after the signal, if given, aborts.
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
  const timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
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
