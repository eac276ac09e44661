import type { StopOptions } from '../runner.ts';

/** How long, in ms, a program may take to print its stacks. */
const stacksMs = 2_000;

/**
 * Asks a process and its process group to end: SIGTERM, then `kill` after a grace period. With `dumpStacks`, SIGQUIT
 * comes first, on which a Go program prints its stacks and exits. Returns at once, without waiting for the process.
 */
export function endProcessGroup(
  leader: number,
  { graceMs, dumpStacks }: StopOptions,
  kill: () => void,
): EndingGroup {
  let timer: NodeJS.Timeout;
  let isAsked = false;
  const terminate = () => {
    isAsked = true;
    signalGroup(leader, 'SIGTERM');
    // A suspended process handles SIGTERM only after it is continued.
    signalGroup(leader, 'SIGCONT');
    timer = setTimeout(kill, graceMs);
  };
  if (dumpStacks) {
    signalTo(leader, 'SIGQUIT');
    signalTo(leader, 'SIGCONT');
    timer = setTimeout(terminate, stacksMs);
  } else {
    terminate();
  }
  return {
    leaderEnded() {
      if (isAsked) return;
      clearTimeout(timer);
      terminate();
    },
    groupEnded: () => clearTimeout(timer),
  };
}

/** A process group that is being ended, told what has ended. */
export interface EndingGroup {
  /** The other processes are asked now, if they have not been. */
  readonly leaderEnded: () => void;
  readonly groupEnded: () => void;
}

/** Sends a signal to a process group; does nothing if the group has ended. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  signalTo(-leader, signal);
}

/** Whether a process group has processes; zombies count. */
export function groupExists(leader: number): boolean {
  return signalTo(-leader, 0);
}

/** @returns whether the target exists. */
function signalTo(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    // macOS reports EPERM for a group of zombies.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')))
      throw error;
    return false;
  }
}
