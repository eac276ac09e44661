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
import { throwIfAborted } from '../tool/throw-if-aborted.ts';
import { copySparse, isSparse } from './copy-sparse.ts';
import type { SourceFile } from './walk.ts';

/** Files up to this size, in bytes, are copied synchronously; larger ones asynchronously. */
const copiedAtOnce = 1024 * 1024;
/** After this number of files, other tasks get a turn. */
const turnFiles = 64;
/** The mode of a folder while files are copied into it. */
const ownOnly = 0o700;

/**
 * Copies files to another place, with their modes and folders. Links stay links. Until the copy is complete, only
 * this user can enter it and those of its folders that have a special mode.
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
    throwIfAborted(signal);
    if (index % turnFiles === 0) await nextTurn();
    const copy = join(to, path);
    makeFolder(kind === 'folder' ? copy : dirname(copy));
    if (kind === 'folder') await chmod(copy, ownOnly);
    if (kind === 'link') symlinkSync(target ?? '', copy);
    else if (kind === 'file') await copyOne(join(from, path), copy, size, signal);
  }
  for (const { path } of files.filter(({ kind }) => kind === 'link'))
    leadSomewhere(from, join(from, path), join(to, path));
  // The copy must be writable and removable, whatever the mode of the original.
  for (const { path, kind, mode } of files) if (kind === 'folder') await chmod(join(to, path), mode | 0o700);
  // The copy must not be accessible to more users than the plan.
  await chmod(to, (statSync(from).mode & 0o755) | 0o700);
}

/** Clones the file if the file system supports it, which needs no space. */
async function copyOne(from: string, to: string, size: number, signal?: AbortSignal): Promise<void> {
  if (size <= copiedAtOnce) copyFileSync(from, to, constants.COPYFILE_FICLONE);
  else if (await isSparse(from)) await copySparse(from, to, signal);
  else await copyFile(from, to, constants.COPYFILE_FICLONE);
}

/**
 * Replaces a link to a file of the plan that was not copied by that file; packages are linked where they are
 * needed.
 */
function leadSomewhere(root: string, from: string, to: string): void {
  // A dangling or circular link stays one in the copy.
  if (existsSync(to) || !existsSync(from)) return;
  const below = relative(realpathSync(root), realpathSync(from)).split(sep);
  if (below[0] === '..' || below.includes('node_modules') || !statSync(from).isFile()) return;
  rmSync(to);
  copyFileSync(from, to);
}
