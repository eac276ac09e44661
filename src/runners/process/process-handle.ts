import type { Stop } from '../../run/events/events.ts';
import type { Launched, Launcher } from './launch/launcher.ts';
import type { Exit } from './launch/protocol.ts';
import { endProcessGroup, signalGroup } from './process-group.ts';

/** A started process. */
export interface Child {
  /** Undefined if it is started by hand. */
  readonly pid: number | undefined;
  /** Resolves when it has ended; to undefined if its exit status cannot be known. */
  readonly exited: Promise<Exit | undefined>;
  /**
   * Resolves when all its output is in files, to an error message or undefined. Already resolved if the output does
   * not go through pipes.
   */
  readonly carried: Promise<string | undefined>;
  /** Kills it and all that it started at once. */
  kill(): void;
  /**
   * Ends it in order, as endProcessGroup does.
   * @returns a function to call when it has ended.
   */
  end(ending: Stop['ending'], kill: AbortSignal, stacks: boolean): () => void;
}

/** A process that the launcher has started, in its own process group. */
export function childOf(launcher: Launcher, { process: { pid }, exited, carried }: Launched): Child {
  return {
    pid,
    exited,
    carried,
    kill: () => signalGroup(pid, 'SIGKILL'),
    end(ending, kill, stacks) {
      launcher.expectEnd(exited);
      return endProcessGroup(pid, ending, kill, stacks);
    },
  };
}
