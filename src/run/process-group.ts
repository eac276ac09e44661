import type { Stop } from './events.ts';

/** How long, in ms, an instance has between SIGTERM and SIGKILL: little, where the run has failed already. */
const graceMs: Readonly<Record<Stop['ending'], number>> = {
  timeout: 5_000,
  canceled: 5_000,
  'store-lost': 1_000,
};

/**
 * Ends a process and all that it started (its process group): SIGTERM, then SIGKILL after a grace period, or at once
 * when `kill` aborts. Returns at once; whoever waits for the process learns of its end.
 * @returns what to call when the process has ended.
 */
export function endProcessGroup(leader: number, ending: Stop['ending'], kill: AbortSignal): () => void {
  const killNow = () => signalGroup(leader, 'SIGKILL');
  if (kill.aborted) {
    killNow();
    return () => {};
  }
  signalGroup(leader, 'SIGTERM');
  // A stopped process takes a SIGTERM only once it goes on.
  signalGroup(leader, 'SIGCONT');
  const timer = setTimeout(killNow, graceMs[ending]);
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
