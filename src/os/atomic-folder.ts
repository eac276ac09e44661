import { mkdirSync } from 'node:fs';
import { mkdir, rename, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../util/errors.ts';
import { partialPathOf, removeAbandonedPartials } from './atomic-write.ts';
import { makeFolder } from './home.ts';
import { removeAtExit } from './remove-at-exit.ts';
import { removeTree } from './remove-tree.ts';

/** Matches the names of incomplete folders. */
export const unfinishedFolder = /^\..*\.partial$/;

/**
 * Creates a folder atomically. It never replaces an existing entry, even one created concurrently.
 * @param beside a folder on the same file system, in which the new one is filled under a temporary name.
 * @param fill receives the temporary path, an empty folder.
 * @returns false if an entry already existed.
 */
export async function createFolderAtomically(
  target: string,
  beside: string,
  fill: (partial: string) => Promise<void>,
): Promise<boolean> {
  const place = join(beside, basename(target));
  await removeAbandonedPartials(place);
  const partial = partialPathOf(place);
  using _ = removeAtExit(partial);
  // Synchronously, for the same reason as a partial file.
  mkdirSync(partial);
  try {
    await fill(partial);
    await makeFolder(dirname(target));
    return await takePlace(partial, target);
  } finally {
    await removeTree(partial);
  }
}

/** Creates an empty folder first: a rename would replace an empty folder of another process, too. */
async function takePlace(partial: string, target: string): Promise<boolean> {
  try {
    await mkdir(target);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await rename(partial, target);
    return true;
  } catch (error) {
    // Another process has put something into it.
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return false;
    await rmdir(target).catch(() => {});
    throw error;
  }
}
