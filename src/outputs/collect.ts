import { basename } from 'node:path';
import type { Writable } from 'node:stream';
import { codeOf, TgError } from '../errors.ts';
import type { Home } from '../home.ts';
import { packToFile, packToStream } from './archive.ts';
import { findRun } from './find-run.ts';
import { ownerLives } from './journal.ts';
import { settleRun } from './settle.ts';

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
}

/**
 * Packs the outputs of a run: finished, failed, interrupted or still going on.
 * @returns the file that was made, or undefined for a stream.
 * @throws TgError (collect) for a run that nobody knows, or an archive that cannot be written.
 */
export async function collectRun({ home, run, to, signal }: CollectRequest): Promise<string | undefined> {
  const runDir = await findRun(home, run);
  const live = ownerLives(runDir);
  if (!live) await settleRun(runDir);
  if (typeof to === 'object') {
    await packToStream(runDir, to, 'stdout', signal);
    return undefined;
  }
  const file = to ?? archiveName(basename(runDir));
  await packLive(live ? runDir : undefined, () => packToFile(runDir, file, signal));
  return file;
}

/** How often a run that goes on may change a file, or its name, while it is packed. */
const liveAttempts = 50;
/** The file is called otherwise now; it has become longer or shorter. */
const changed = ['ENOENT', 'EOF'];

/** @param live the folder of a run that still goes on. */
async function packLive(live: string | undefined, pack: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await pack();
    } catch (error) {
      if (live === undefined || attempt >= liveAttempts || !isChange(error, live)) throw error;
    }
  }
}

/** Whether an archive could not be written because a file of the run changed, and for no reason of its own. */
function isChange(error: unknown, runDir: string): boolean {
  const cause = error instanceof TgError ? error.cause : undefined;
  if (!changed.includes(codeOf(cause) ?? '') || !(cause instanceof Error) || !('path' in cause)) return false;
  return String(cause.path).startsWith(runDir);
}
