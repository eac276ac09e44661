import type { StopOptions } from '../runner.ts';

/** How long, in ms, a program may take to print its stacks. */
const stacksMs = 2_000;

/**
 * Ends a process and its process group: SIGTERM, then SIGKILL after a grace period. With `dumpStacks`, SIGQUIT comes
 * first, on which a Go program prints its stacks and exits. Returns at once, without waiting for the process.
 * @returns a function to call when the process has ended.
 */
export function endProcessGroup(leader: number, { graceMs, dumpStacks }: StopOptions): () => void {
  let timer: NodeJS.Timeout;
  const terminate = () => {
    signalGroup(leader, 'SIGTERM');
    // A suspended process handles SIGTERM only after it is continued.
    signalGroup(leader, 'SIGCONT');
    timer = setTimeout(() => signalGroup(leader, 'SIGKILL'), graceMs);
  };
  if (dumpStacks) {
    signalTo(leader, 'SIGQUIT');
    signalTo(leader, 'SIGCONT');
    timer = setTimeout(terminate, stacksMs);
  } else {
    terminate();
  }
  return () => clearTimeout(timer);
}

/** Sends a signal to a process group; does nothing if the group has ended. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  signalTo(-leader, signal);
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
