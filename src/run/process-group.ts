import type { Stop } from './events/events.ts';

/** How long, in ms, an instance has between SIGTERM and SIGKILL: little, where the run has failed already. */
const graceMs: Readonly<Record<Stop['ending'], number>> = {
  timeout: 5_000,
  canceled: 5_000,
  'store-lost': 1_000,
  'launcher-lost': 1_000,
  refused: 1_000,
  'given-up': 400,
  'disk-full': 1_000,
  'max-output': 1_000,
  'no-longer-needed': 5_000,
};
/** How long, in ms, a program has that is to print where it stands. */
const stacksMs = 2_000;

/**
 * Ends a process and all that it started (its process group): SIGTERM, then SIGKILL after a grace period, or at once
 * when `kill` aborts. Returns at once; whoever waits for the process learns of its end.
 * @param stacks whether the process is first to print where it stands: a Go program does at SIGQUIT, and ends.
 * @returns what to call when the process has ended.
 */
export function endProcessGroup(
  leader: number,
  ending: Stop['ending'],
  kill: AbortSignal,
  stacks = false,
): () => void {
  const killNow = () => signalGroup(leader, 'SIGKILL');
  if (kill.aborted) {
    killNow();
    return () => {};
  }
  let timer: NodeJS.Timeout;
  const endInOrder = () => {
    signalGroup(leader, 'SIGTERM');
    // A stopped process takes a SIGTERM only once it goes on.
    signalGroup(leader, 'SIGCONT');
    timer = setTimeout(killNow, graceMs[ending]);
  };
  if (stacks) {
    signalLeader(leader, 'SIGQUIT');
    signalLeader(leader, 'SIGCONT');
    timer = setTimeout(endInOrder, stacksMs);
  } else {
    endInOrder();
  }
  kill.addEventListener('abort', killNow);
  return () => {
    clearTimeout(timer);
    kill.removeEventListener('abort', killNow);
  };
}

/** Sends a signal to a process group; one that has gone is no error. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  signalTo(-leader, signal);
}

function signalLeader(leader: number, signal: NodeJS.Signals): void {
  signalTo(leader, signal);
}

function signalTo(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    // EPERM: macOS says so of a group of zombies.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')))
      throw error;
  }
}
