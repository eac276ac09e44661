import type { Stop } from '../../run/events/events.ts';

/** The grace period between SIGTERM and SIGKILL, in ms; short if the run has already failed. */
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
/** How long, in ms, a program may take to print its stacks. */
const stacksMs = 2_000;

/**
 * Ends a process and its process group: SIGTERM, then SIGKILL after a grace period, or at once when `kill` aborts.
 * Returns at once, without waiting for the process.
 * @param stacks whether the process prints its stacks first: a Go program does so on SIGQUIT, and exits.
 * @returns a function to call when the process has ended.
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
    // A suspended process handles SIGTERM only after it is continued.
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

/** Sends a signal to a process group; does nothing if the group has ended. */
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
    // macOS reports EPERM for a group of zombies.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')))
      throw error;
  }
}
