import type { Writable } from 'node:stream';
import { TgError } from '../errors.ts';
import type { Home } from '../home.ts';
import { didYouMean } from '../nearest.ts';
import { packToFile, packToStream } from '../outputs/archive.ts';
import { ownerLives } from '../outputs/journal.ts';
import { findRunDir, knownRunIds } from '../outputs/layout.ts';
import { settleRun } from '../outputs/settle.ts';

/** Where an archive goes: a file, or `-` for stdout. */
export type Destination = string;

/** The archive's name where none was asked for: in the current folder. */
export function archiveName(runId: string): Destination {
  return `${runId}.tgz`;
}

/**
 * Packs the outputs of a run: finished, failed, interrupted or still going on.
 * @returns the file that was made, or undefined for stdout.
 * @throws TgError (collect) for a run that nobody knows, or an archive that cannot be written.
 */
export async function collectRun(
  home: Home,
  runId: string,
  destination: Destination,
  stdout: Writable,
  signal: AbortSignal,
): Promise<string | undefined> {
  const runDir = await findRunDir(home, runId);
  if (runDir === undefined) {
    const known = await knownRunIds(home);
    throw new TgError('collect', `no run has the ID "${runId}"`, {
      hint:
        known.length === 0
          ? `No run is kept in ${home.outputs}.`
          : didYouMean(runId, known.slice(0, 200), 'run'),
    });
  }
  if (!ownerLives(runDir)) await settleRun(runDir);
  if (destination === '-') {
    await packToStream(runDir, stdout, signal);
    return undefined;
  }
  await packToFile(runDir, destination, signal);
  return destination;
}
