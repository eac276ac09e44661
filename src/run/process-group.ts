/** How long, in ms, an instance has between SIGTERM and SIGKILL. */
export const graceMs = 5_000;

/**
 * Ends a process and all that it started (its process group): SIGTERM, then SIGKILL after a grace period, or at once
 * when `kill` aborts. Returns at once; whoever waits for the process learns of its end.
 * @returns what to call when the process has ended.
 */
export function endProcessGroup(leader: number, kill: AbortSignal): () => void {
  const killNow = () => signalGroup(leader, 'SIGKILL');
  if (kill.aborted) {
    killNow();
    return () => {};
  }
  signalGroup(leader, 'SIGTERM');
  // A stopped process takes a SIGTERM only once it goes on.
  signalGroup(leader, 'SIGCONT');
  const timer = setTimeout(killNow, graceMs);
  kill.addEventListener('abort', killNow);
  return () => {
    clearTimeout(timer);
    kill.removeEventListener('abort', killNow);
  };
}

/** Sends a signal to a process group; one that has gone is no error. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    // EPERM: macOS says so of a group of zombies.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')))
      throw error;
  }
}
