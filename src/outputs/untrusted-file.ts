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
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createAtomically } from '../os/atomic-write.ts';
import { codeOf } from '../util/errors.ts';

/** A larger file is not read at once, in bytes. */
const mostText = 256 * 1024 * 1024;

/**
 * Opens a file at a path where an instance can have made anything. Follows no link, and does not wait for the other end of
 * a pipe. A link in place of one of the folders above is the caller's to see.
 * @param flags as open(2) has them; for reading where nothing is said.
 * @throws Error that says what is there, where that is no regular file; the system's error otherwise.
 */
export function openRegular(path: string, flags = constants.O_RDONLY): number {
  // Before it is opened: to open a device may do something.
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
 * Opens a file below a folder for reading, whatever was put in the place of the folders between since they were looked at.
 * @param root a real path.
 * @throws as `openRegular` does, and for one that is elsewhere, behind a link.
 */
export function openBelow(root: string, place: string): number {
  const path = join(root, place);
  const fd = openRegular(path);
  if (whereIs(fd, path).startsWith(`${root}/`)) return fd;
  closeSync(fd);
  throw new Error('it is not below the run’s folder');
}

/** The real path of an open file; where the system does not say it, of what has its name now. */
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

/** What something that is no file is, in words. */
export function kindOf(entry: Stats | Dirent): string {
  if (entry.isDirectory()) return 'a folder';
  if (entry.isSymbolicLink()) return 'a link';
  if (entry.isFIFO()) return 'a pipe';
  if (entry.isSocket()) return 'a socket';
  return 'a device';
}

/** The content of a file, as `openRegular` opens it. @throws as that does; at once, not when it is read. */
export function contentOf(path: string): Readable {
  return createReadStream('', { fd: openRegular(path) });
}

/** The text of a file, as `openRegular` opens it. @throws as that does, and for one that is too large. */
export function readText(path: string): string {
  const fd = openRegular(path);
  try {
    const { size } = fstatSync(fd);
    if (size > mostText) throw new Error(`it is too large (${size} bytes)`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** Whether two paths, or a path and a descriptor, were of the same file or folder when they were looked at. */
export function isSame(one: Stats | undefined, other: Stats | undefined): boolean {
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino;
}

/** What lstat says where there is nothing: a folder above may be a file by now, or a link in a circle. */
const nothing: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** What is at a path, a link itself; undefined for nothing. @throws the system's error where that cannot be seen. */
export function whatIsAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (nothing.has(codeOf(error))) return undefined;
    throw error;
  }
}

/** Gives what is at a path another name beside it, whatever it is. @returns that name; undefined where there is nothing. */
export function setAside(path: string): string | undefined {
  if (whatIsAt(path) === undefined) return undefined;
  let aside = `${path}.plan`;
  for (let more = 1; whatIsAt(aside) !== undefined; more++) aside = `${path}.plan.${more}`;
  renameSync(path, aside);
  return basename(aside);
}

/** Lets the owner of a file read and write it; what is no file is passed over. */
export function allowOwner(path: string): void {
  const stats = whatIsAt(path);
  if (!stats?.isFile() || (stats.mode & ownersMode) === ownersMode) return;
  chmodSync(path, (stats.mode & 0o777) | ownersMode);
}

const ownersMode = 0o600;

/** Gives a file that has further names (hard links) a content of its own, so that to change it changes no other. */
export async function unshare(path: string): Promise<void> {
  const stats = whatIsAt(path);
  if (stats === undefined || !stats.isFile() || stats.nlink === 1) return;
  await createAtomically(path, async (partial) => {
    await pipeline(contentOf(path), createWriteStream(partial, { flags: 'wx', mode: stats.mode & 0o777 }));
  });
}
