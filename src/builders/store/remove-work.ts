import { rename } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Home } from '../../os/home.ts';
import { removeTree } from '../../os/remove-tree.ts';
import { codeOf, messageOf } from '../../util/errors.ts';
import { readUnfinishedName, unfinishedName } from '../unfinished-name.ts';
import { holderOf, isOwnBuild, leasesIn } from './leases.ts';

/**
 * Removes a file or folder of the builders' store, after a rename so that no process finds a part of it.
 * @returns the reason if it could not be removed; undefined on success.
 */
export async function removeWork(home: Home, dir: string): Promise<string | undefined> {
  const aside = unfinishedName(dir);
  try {
    await rename(dir, aside);
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : messageOf(error);
  }
  // Checked again: another process may have started to use it before the rename.
  const leases = (await leasesIn(home)).filter((lease) => !isOwnBuild(lease));
  const token = readUnfinishedName(basename(dir))?.token;
  const holder =
    token === undefined
      ? holderOf(basename(dir), leases)
      : leases.find((lease) => lease.token === token)?.holder;
  if (holder !== undefined && (await isBack(aside, dir))) return `in use: ${holder}`;
  return await removeTree(aside);
}

/** @returns false if another process has made it again meanwhile. */
async function isBack(aside: string, dir: string): Promise<boolean> {
  return await rename(aside, dir).then(
    () => true,
    () => false,
  );
}
