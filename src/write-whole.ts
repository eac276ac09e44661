import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes a file that is there whole or not at all, whatever was there before; a pipe or a device is written to as it is. */
export async function writeWhole(file: string, text: string): Promise<void> {
  // Where a link leads stays where it is.
  const target = await realpath(file).catch(() => file);
  const there = await stat(target).catch(() => undefined);
  if (there !== undefined && !there.isFile()) return await writeFile(target, text);
  const unfinished = join(dirname(target), `.${basename(target)}.${process.pid}`);
  try {
    await writeFile(unfinished, text);
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
