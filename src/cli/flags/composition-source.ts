import { text } from 'node:stream/consumers';
import type { CompositionSource } from '../../plan/composition/read.ts';
import { expecting, TgError } from '../../util/errors.ts';
import { standardStream, stdinName } from '../standard-streams.ts';

/**
 * Resolves `--file`: a file, or `-` for stdin. Paths in a composition from stdin are relative to the current
 * folder.
 * @param writes whether artifacts will be written into it.
 * @throws TgError (usage) for stdin if artifacts must be written, and if it cannot be read.
 */
export async function compositionSource(
  file: string,
  writes: boolean | undefined,
): Promise<CompositionSource> {
  if (file !== standardStream) return file;
  if (writes) {
    throw new TgError('usage', 'artifacts cannot be written into a composition that comes from stdin', {
      where: '--write-artifacts --file -',
      hint: 'Name a file, or leave --write-artifacts out: artifacts are kept and reused.',
    });
  }
  return { name: stdinName, text: await readStdin(), dir: '.' };
}

/** Reads stdin to its end. @throws TgError (usage) if it is empty or cannot be read. */
export async function readStdin(): Promise<string> {
  const hint = 'Redirect a file to it: < file.';
  const said = await text(process.stdin).catch(expecting('usage', stdinName, 'it cannot be read', hint));
  if (said.trim() === '') throw new TgError('usage', 'it is empty', { where: stdinName, hint });
  return said;
}
