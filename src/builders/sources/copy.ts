import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfGivenUp } from '../tool/give-up.ts';
import { copySparse, isSparse } from './copy-sparse.ts';
import type { SourceFile } from './walk.ts';

/** Files up to this size, in bytes, are copied at once; others by another thread. */
const copiedAtOnce = 1024 * 1024;
/** So many files are copied before others have their turn. */
const turnFiles = 64;
/** The mode of a folder into which files are being copied. */
const ownOnly = 0o700;

/**
 * Copies files, with their modes and their folders, to another place. Links stay links. Until all is there, only this user can enter
 * the copy, and each folder in it that has a mode of its own.
 */
export async function copySources(
  from: string,
  to: string,
  files: readonly SourceFile[],
  signal?: AbortSignal,
): Promise<void> {
  const folders = new Set<string>();
  const makeFolder = (folder: string) => {
    if (folders.has(folder)) return;
    mkdirSync(folder, { recursive: true });
    folders.add(folder);
  };
  makeFolder(to);
  await chmod(to, ownOnly);
  for (const [index, { path, kind, size, target }] of files.entries()) {
    throwIfGivenUp(signal);
    if (index % turnFiles === 0) await nextTurn();
    const copy = join(to, path);
    makeFolder(kind === 'folder' ? copy : dirname(copy));
    if (kind === 'folder') await chmod(copy, ownOnly);
    if (kind === 'link') symlinkSync(target ?? '', copy);
    else if (kind === 'file') await copyOne(join(from, path), copy, size, signal);
  }
  for (const { path } of files.filter(({ kind }) => kind === 'link'))
    leadSomewhere(from, join(from, path), join(to, path));
  // What is copied is to be written and removed, whatever its folder was.
  for (const { path, kind, mode } of files) if (kind === 'folder') await chmod(join(to, path), mode | 0o700);
  // Nobody gets to see more in the copy than in the plan.
  await chmod(to, (statSync(from).mode & 0o755) | 0o700);
}

/** By reference where the file system can: the copy takes no room. */
async function copyOne(from: string, to: string, size: number, signal?: AbortSignal): Promise<void> {
  if (size <= copiedAtOnce) copyFileSync(from, to, constants.COPYFILE_FICLONE);
  else if (await isSparse(from)) await copySparse(from, to, signal);
  else await copyFile(from, to, constants.COPYFILE_FICLONE);
}

/** A link to a file of the plan that was not copied with it becomes that file; packages are linked where they are needed. */
function leadSomewhere(root: string, from: string, to: string): void {
  // What leads to nothing, or in a circle, does so in the copy too.
  if (existsSync(to) || !existsSync(from)) return;
  const below = relative(realpathSync(root), realpathSync(from)).split(sep);
  if (below[0] === '..' || below.includes('node_modules') || !statSync(from).isFile()) return;
  rmSync(to);
  copyFileSync(from, to);
}
