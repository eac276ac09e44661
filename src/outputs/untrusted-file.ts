import {
  chmodSync,
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  type Stats,
} from 'node:fs';
import { chmod } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createAtomically, intoPartial } from '../os/atomic-write.ts';
import { codeOf } from '../util/errors.ts';

/** The largest file that is read at once, in bytes. */
const maxTextBytes = 256 * 1024 * 1024;

/**
 * Opens a file at a path that an instance may have tampered with. Does not follow links, and does not wait for the
 * other end of a pipe. The caller must check for links in the parent folders.
 * @param flags as for open(2); defaults to reading.
 * @throws Error naming the kind of the entry, if it is not a regular file; the system's error otherwise.
 */
export function openRegular(path: string, flags = constants.O_RDONLY): number {
  // Checked before opening: opening a device may have side effects.
  const before = whatIsAt(path);
  if (before !== undefined) checkRegular(before);
  const fd = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o666);
  try {
    checkRegular(fstatSync(fd));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Opens a file below a folder for reading, safe against parent folders that were replaced since they were listed.
 * @param root a real path.
 * @throws as `openRegular` does, and for a file that is elsewhere, behind a link.
 */
export function openBelow(root: string, place: string): number {
  const path = join(root, place);
  const fd = openRegular(path);
  if (whereIs(fd, path).startsWith(`${root}/`)) return fd;
  closeSync(fd);
  throw new Error('it is not below the run’s folder');
}

/** The real path of an open file; if the system does not report it, that of the entry now at its path. */
function whereIs(fd: number, path: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return realpathSync(path);
  }
}

function checkRegular(stats: Stats): void {
  if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}, not a file`);
}

/** Describes the kind of an entry that is not a file. */
export function kindOf(entry: Stats | Dirent): string {
  if (entry.isDirectory()) return 'a folder';
  if (entry.isSymbolicLink()) return 'a link';
  if (entry.isFIFO()) return 'a pipe';
  if (entry.isSocket()) return 'a socket';
  return 'a device';
}

/** The content of a file, opened with `openRegular`. @throws as that does, immediately and not on the first read. */
export function contentOf(path: string): Readable {
  return createReadStream('', { fd: openRegular(path) });
}

/** The text of a file, opened with `openRegular`. @throws as that does, and for a file that is too large. */
export function readText(path: string): string {
  const fd = openRegular(path);
  try {
    const { size } = fstatSync(fd);
    if (size > maxTextBytes) throw new Error(`it is too large (${size} bytes)`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** Whether two stats refer to the same file or folder. */
export function isSame(one: Stats | undefined, other: Stats | undefined): boolean {
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino;
}

/** Error codes of lstat for a missing entry: a parent folder may have become a file, or a circular link. */
const nothing: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/**
 * The entry at a path, without following a link; undefined if there is none. @throws the system's error if it cannot be
 * read.
 */
export function whatIsAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (nothing.has(codeOf(error))) return undefined;
    throw error;
  }
}

/**
 * Renames the entry at a path, of any kind, within its folder. @returns the new path; undefined if there is no entry.
 */
export function setAside(path: string): string | undefined {
  if (whatIsAt(path) === undefined) return undefined;
  let aside = `${path}.plan`;
  for (let more = 1; whatIsAt(aside) !== undefined; more++) aside = `${path}.plan.${more}`;
  renameSync(path, aside);
  return basename(aside);
}

/** Makes a file readable and writable for its owner; skips anything that is not a file. */
export function allowOwner(path: string): void {
  const stats = whatIsAt(path);
  if (!stats?.isFile() || (stats.mode & ownersMode) === ownersMode) return;
  chmodSync(path, (stats.mode & 0o777) | ownersMode);
}

const ownersMode = 0o600;

/** Gives a file with other hard links its own content, so that changing it does not change the others. */
export async function unshare(path: string): Promise<void> {
  const stats = whatIsAt(path);
  if (stats === undefined || !stats.isFile() || stats.nlink === 1) return;
  await createAtomically(path, async (partial) => {
    await chmod(partial, ownersMode);
    await pipeline(contentOf(path), createWriteStream(partial, { flags: intoPartial }));
    await chmod(partial, stats.mode & 0o777);
  });
}
