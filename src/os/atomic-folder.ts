import { mkdir, rename, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../util/errors.ts';
import { partialPathOf, removeAbandonedPartials } from './atomic-write.ts';
import { makeFolder } from './home.ts';
import { removeAtExit } from './remove-at-exit.ts';
import { removeTree } from './remove-tree.ts';

/** How the names of folders begin and end that are not whole yet. */
export const unfinishedFolder = /^\..*\.partial$/;

/**
 * Makes a folder that appears whole or not at all, and never in the place of something that is there, whoever makes it meanwhile.
 * @param beside a folder of the same file system, in which it is filled under another name.
 * @param fill is given that name, at which nothing is yet.
 * @returns false where something was there already.
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
  try {
    await fill(partial);
    await makeFolder(dirname(target));
    return await takePlace(partial, target);
  } finally {
    await removeTree(partial);
  }
}

/** By an empty folder of its own first: to rename a folder replaces an empty one, whoever has made it. */
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
    // Somebody has put something into it.
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return false;
    await rmdir(target).catch(() => {});
    throw error;
  }
}
