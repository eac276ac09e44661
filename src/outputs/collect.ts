import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Writable } from 'node:stream';
import type { Home } from '../os/home.ts';
import type { LeftOut } from './entries.ts';
import { finalizeRun } from './finalize.ts';
import { findRun } from './find-run.ts';
import { ownerStateOfRun } from './journal.ts';
import { runFiles } from './layout.ts';

/** The archive's name where none was asked for: in the current folder. */
export function archiveName(runId: string): string {
  return `${runId}.tgz`;
}

interface CollectRequest {
  readonly home: Home;
  /** A run's ID, or `latest`. */
  readonly run: string;
  /** Where to: a file, or a stream; `<run id>.tgz` in the current folder where nothing is said. */
  readonly to: string | Writable | undefined;
  readonly signal: AbortSignal;
  /** When not to wait any longer for the reader of a pipe: at the same signal where nothing is said. */
  readonly waiting?: AbortSignal | undefined;
  /** Whether the same outputs give the same bytes: no times. */
  readonly deterministic?: boolean | undefined;
}

/** What was packed. */
export interface Collected {
  /** Undefined for a stream. */
  readonly file: string | undefined;
  /** What is not in it: links that lead out of the run, pipes, sockets, devices. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Packs the outputs of a run: finished, failed, interrupted or still going on.
 * @throws TgError (collect) for a run that nobody knows, or an archive that cannot be written.
 */
export async function collectRun({
  home,
  run,
  to,
  signal,
  waiting,
  deterministic = false,
}: CollectRequest): Promise<Collected> {
  const runDir = await findRun(home, run);
  if (mayBeSettled(runDir)) await finalizeRun(runDir);
  // Most runs are not packed: what it takes is loaded for those that are.
  const { packToFile, packToStream } = await import('./archive.ts');
  const options = { signal, waiting, deterministic };
  if (typeof to === 'object') {
    return { file: undefined, leftOut: await packToStream(runDir, to, 'stdout', options) };
  }
  const file = to ?? archiveName(basename(runDir));
  return { file, leftOut: await packToFile(runDir, file, options) };
}

/** To settle the outputs of a run that goes on, out of sight perhaps, would spoil them. */
function mayBeSettled(runDir: string): boolean {
  const standing = ownerStateOfRun(runDir);
  return standing === 'gone' || (standing === 'unknown' && existsSync(join(runDir, runFiles.result)));
}
