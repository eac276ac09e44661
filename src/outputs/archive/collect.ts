import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Writable } from 'node:stream';
import { finalizeRun } from '../finalize.ts';
import { ownerStateOfRun } from '../journal.ts';
import { runFiles } from '../layout.ts';
import type { LeftOut } from './entries.ts';

/** The default name of an archive, in the current folder. */
export function archiveName(runId: string): string {
  return `${runId}.tgz`;
}

/** What to pack, and where. */
export interface CollectRequest {
  /** The folder of its outputs. */
  readonly runDir: string;
  /** The target: a file or a stream; defaults to `<run id>.tgz` in the current folder. */
  readonly to: string | Writable | undefined;
  readonly signal: AbortSignal;
  /** Aborts waiting for the reader of a pipe; defaults to `signal`. */
  readonly waiting?: AbortSignal | undefined;
  /** Whether equal outputs give equal bytes; times are left out. */
  readonly deterministic?: boolean | undefined;
  /** Called while files are packed, with the number of bytes since the last call. */
  readonly onPacked?: ((bytes: number) => void) | undefined;
}

/** The result of packing a run. */
export interface Collected {
  /** Undefined for a stream. */
  readonly file: string | undefined;
  /** Entries that are not in the archive: links that lead out of the run, pipes, sockets, devices. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Packs the outputs of a run: finished, failed, interrupted or still running.
 * @throws TgError (collect) when the archive cannot be written.
 */
export async function collectRun({
  runDir,
  to,
  signal,
  waiting,
  deterministic = false,
  onPacked,
}: CollectRequest): Promise<Collected> {
  if (mayBeFinalized(runDir)) await finalizeRun(runDir);
  // Loaded on demand: most runs are not packed.
  const { packToFile, packToStream } = await import('./archive.ts');
  const options = { signal, waiting, deterministic, onPacked };
  if (typeof to === 'object') {
    return { file: undefined, leftOut: await packToStream(runDir, to, 'stdout', options) };
  }
  const file = to ?? archiveName(basename(runDir));
  return { file, leftOut: await packToFile(runDir, file, options) };
}

/**
 * Whether the run's outputs may be finalized: doing so would damage those of a run that is still going on, perhaps
 * unseen by this process.
 */
function mayBeFinalized(runDir: string): boolean {
  const ownerState = ownerStateOfRun(runDir);
  return ownerState === 'gone' || (ownerState === 'unknown' && existsSync(join(runDir, runFiles.result)));
}
