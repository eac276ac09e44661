import { Readable } from 'node:stream';
import { checkFile, writeAtomically } from '../../os/atomic-write.ts';
import { expecting } from '../../util/errors.ts';
import { printPieces } from '../output/say.ts';
import { standardStream } from '../standard-streams.ts';

/** For `.catch`: converts a system error into an expected error. */
export const unwritable = (file: string, what: string) =>
  expecting('environment', file, `${what} cannot be written`, 'Name a writable file.');

/**
 * Checks that an output file can be written, before the work that produces it. Creates and changes nothing.
 * @param file `-` for stdout, which is not checked.
 * @param what the content in words: `the report`.
 * @throws TgError (environment) if the folder is missing, the path is a folder, the name is too long, or access is
 * denied.
 */
export async function checkOutputFile(file: string, what: string): Promise<void> {
  if (file !== standardStream) await checkFile(file).catch(unwritable(file, what));
}

/**
 * Writes an output file atomically. Links are followed and kept; pipes, devices and stdout (`-`) are written to
 * directly.
 * @param signal stops waiting for a pipe without a reader.
 * @throws TgError (environment) if the file cannot be written; a failure of stdout is reported at the end of the
 * command.
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
