import type { Stop } from '../events/events.ts';
import type { Launched, Launcher } from '../launch/launcher.ts';
import type { Exit } from '../launch/protocol.ts';
import { endProcessGroup, signalGroup } from '../process-group.ts';

/** A process that was started. */
export interface Child {
  /** Undefined for one that is started by hand. */
  readonly pid: number | undefined;
  /** Resolves when it has ended; to undefined where nobody will know how. */
  readonly exited: Promise<Exit | undefined>;
  /** Resolves when all that it said is in files, to what went wrong; where that is not so once it has said it. */
  readonly carried: Promise<string | undefined>;
  /** Ends it, and all that it started, at once. */
  kill(): void;
  /** Ends it in order, as endProcessGroup does. @returns what to call when it has ended. */
  end(ending: Stop['ending'], kill: AbortSignal, stacks: boolean): () => void;
}

/** A process that a launcher has started, in a group of its own. */
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
