import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Artifact } from '../build/builder.ts';
import { instanceFiles } from '../outputs/layout.ts';
import type { Stop } from './events.ts';
import { endProcessGroup, signalGroup } from './process-group.ts';

/** A process that was started. */
export interface Child {
  /** Undefined for one that is started by hand. */
  readonly pid: number | undefined;
  /** Resolves when it has ended. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Ends it, and all that it started, at once. */
  kill(): void;
  /** Ends it in order, as endProcessGroup does. @returns what to call when it has ended. */
  end(ending: Stop['ending'], kill: AbortSignal, stacks: boolean): () => void;
}

/** Where a process writes. */
export interface Streams {
  readonly out: number;
  readonly err: number;
  /** Called when the instance holds them. */
  handOver(): Promise<void>;
}

/** stdout and stderr as files: whatever happens to tg, nothing that is said is lost and nobody waits for a reader. */
export function filesIn(outputs: string): Streams {
  const out = openSync(join(outputs, instanceFiles.capturedOut), 'a');
  const err = openSync(join(outputs, instanceFiles.capturedErr), 'a');
  return {
    out,
    err,
    async handOver() {
      closeSync(out);
      closeSync(err);
    },
  };
}

/**
 * Starts a process in a group of its own.
 * @throws the system's error when it cannot be started.
 */
export async function launch(
  [program, ...args]: Artifact['command'],
  cwd: string,
  env: Record<string, string>,
  { out, err, handOver }: Streams,
): Promise<Child> {
  try {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', out, err], detached: true });
    const { pid } = child;
    if (pid === undefined) return await failure(child);
    // From now on: it may have ended before anybody waits for it.
    const exited: Child['exited'] = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    // Without a listener, a signal that could not be sent would end tg.
    child.on('error', () => {});
    return {
      pid,
      exited,
      kill: () => signalGroup(pid, 'SIGKILL'),
      end: (ending, kill, stacks) => endProcessGroup(pid, ending, kill, stacks),
    };
  } finally {
    await handOver();
  }
}

function failure(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    child.once('error', reject);
  });
}
