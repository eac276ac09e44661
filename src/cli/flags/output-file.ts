import { Readable } from 'node:stream';
import { checkFile, writeAtomically } from '../../os/atomic-write.ts';
import { expecting } from '../../util/errors.ts';
import { printPieces } from '../output/say.ts';
import { standardStream } from '../standard-streams.ts';

/** For `.catch`: an expected error in the place of the system's. */
export const unwritable = (file: string, what: string) =>
  expecting('environment', file, `${what} cannot be written there`, 'Name a file that you may write.');

/**
 * Sees whether a file that somebody named can be written, before the work that it is for: nothing is made, nothing changes.
 * @param file `-` for stdout, which is not looked at.
 * @param what it is for, in words: `the report`.
 * @throws TgError (environment): there is no folder, it is a folder, the name is too long, no permission.
 */
export async function checkOutputFile(file: string, what: string): Promise<void> {
  if (file !== standardStream) await checkFile(file).catch(unwritable(file, what));
}

/**
 * Writes a file that somebody named, whole or not at all. A link keeps leading where it leads; a pipe or a device is written
 * to as it is, and so is stdout, for `-`.
 * @param signal gives up a pipe that nobody reads.
 * @throws TgError (environment) when it cannot be written; what stdout does not take is told at the end of the command.
 */
export async function writeOutputFile(
  file: string,
  content: string | AsyncIterable<string>,
  what: string,
  signal?: AbortSignal,
): Promise<void> {
  if (file === standardStream)
    await printPieces(typeof content === 'string' ? Readable.from([content]) : content, signal);
  else await writeAtomically(file, content, signal).catch(unwritable(file, what));
}
