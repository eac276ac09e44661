import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, createWriteStream, openSync, type Stats } from 'node:fs';
import { access, chmod, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf } from '../util/errors.ts';
import { openPipe } from './named-pipe.ts';
import { ownProcessId, sightOf } from './process-id.ts';
import { removeAtExit } from './remove-at-exit.ts';
import { removeTree } from './remove-tree.ts';

/**
 * Resolves the links of a path, so that a write keeps them in place. Returns the target, and its stats if it exists.
 */
export async function whereItLeads(
  path: string,
): Promise<{ readonly target: string; readonly there: Stats | undefined }> {
  const target = await realpath(path).catch(() => resolve(path));
  return { target, there: await stat(target).catch(() => undefined) };
}

/**
 * Checks that `writeAtomically` can write a file, without creating or changing anything.
 * @throws the system's error: missing folder, no permission, name too long.
 */
export async function checkFile(path: string): Promise<void> {
  const target = (await realpath(path).catch(undefinedIfMissing)) ?? resolve(path);
  const there = await stat(target).catch(undefinedIfMissing);
  if (there?.isDirectory()) throw Object.assign(new Error('EISDIR: it is a folder'), { code: 'EISDIR' });
  if (there !== undefined) await access(target, constants.W_OK);
  // A regular file is replaced by a rename in its folder.
  if (there === undefined || there.isFile()) await access(dirname(target), constants.W_OK | constants.X_OK);
}

function undefinedIfMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

/**
 * Writes a file atomically. A link keeps its target; a pipe or a device is written in place.
 * @param signal aborts waiting for the reader of a pipe.
 * @throws the system's error, or the signal's reason.
 */
export async function writeAtomically(
  path: string,
  content: string | AsyncIterable<string>,
  signal?: AbortSignal,
): Promise<void> {
  await checkFile(path);
  const { target, there } = await whereItLeads(path);
  const write = async (stream: Writable, options = {}) =>
    await pipeline(typeof content === 'string' ? [content] : content, stream, options);
  if (there?.isFIFO()) await write(await openPipe(target, signal), { signal });
  else if (there !== undefined && !there.isFile()) await write(createWriteStream(target));
  else
    await replaceAtomically(target, (partial) => write(createWriteStream(partial, { flags: intoPartial })));
}

/** The flag to open a partial file with: it never creates one. */
export const intoPartial = 'r+';

/**
 * Creates a file atomically: it is written under a temporary name in the same folder and renamed. It replaces an
 * existing entry, including a link itself.
 *
 * The empty file is created here, and synchronously: a creation that still waits for a thread of Node when a signal
 * ends tg would come after the removal at exit.
 * @param write receives the path of the empty temporary file, and must open it with `intoPartial`.
 */
export async function createAtomically<T>(
  target: string,
  write: (partial: string) => Promise<T>,
): Promise<T> {
  await removeAbandonedPartials(target);
  const partial = partialPathOf(target);
  using _ = removeAtExit(partial);
  closeSync(openSync(partial, 'wx'));
  try {
    const made = await write(partial);
    await rename(partial, target);
    return made;
  } catch (error) {
    // The original error matters more than a leftover file.
    await rm(partial, { force: true }).catch(() => {});
    throw error;
  }
}

/** Writes a text with `createAtomically`. */
export async function writeNewAtomically(target: string, text: string): Promise<void> {
  await createAtomically(target, async (partial) => await writeFile(partial, text, { flag: intoPartial }));
}

/** Like `createAtomically`, but keeps the permissions of an existing file. */
export async function replaceAtomically<T>(
  target: string,
  write: (partial: string) => Promise<T>,
): Promise<T> {
  return await createAtomically(target, async (partial) => {
    const made = await write(partial);
    const before = await stat(target).catch(() => undefined);
    if (before !== undefined) await chmod(partial, before.mode & 0o7777);
    return made;
  });
}

/** A name has at most 255 bytes (NAME_MAX): temporary names contain only the beginning of a long one. */
const maxCharacters = 50;

/** The prefix of temporary names for a file. */
function headOf(target: string): string {
  return `.${basename(target).slice(0, maxCharacters)}.`;
}

/** The rest of a temporary name: the writing process, and its host, PID namespace and boot. */
const mark = String.raw`(\d+)-(\d*)-([0-9a-f]{8})-([0-9a-f]{8})-[0-9a-f]{4}\.partial$`;
const partialMark = new RegExp(`^${mark}`);
const partialName = new RegExp(String.raw`^\..+\.${mark}`);

/** Whether a name is that of a temporary file of any process. */
export function isPartial(name: string): boolean {
  return partialName.test(name);
}

/** A temporary path next to a file or folder, which identifies the writing process and its machine. */
export function partialPathOf(target: string): string {
  const { pid, startTicks = '', boot, ...place } = ownProcessId();
  const mark = [pid, startTicks, digestOf(place), digestOf({ boot }), randomBytes(2).toString('hex')];
  return join(dirname(target), `${headOf(target)}${mark.join('-')}.partial`);
}

function digestOf(place: object): string {
  return createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 8);
}

/**
 * Removes temporary files for the same path whose writer was killed, also by a shutdown of the machine. Those of other
 * hosts and PID namespaces are left alone: their writers cannot be checked.
 */
export async function removeAbandonedPartials(target: string): Promise<void> {
  const folder = dirname(target);
  const head = headOf(target);
  const { pid: _pid, startTicks: _ticks, boot: now, ...here } = ownProcessId();
  for (const name of await readdir(folder).catch(() => [])) {
    const [, pid, startTicks, place, boot] = partialMark.exec(name.slice(head.length)) ?? [];
    if (!name.startsWith(head) || pid === undefined || place !== digestOf(here)) continue;
    const owner = { pid: Number(pid), boot: now, ...(startTicks ? { startTicks } : {}) };
    if (boot !== digestOf({ boot: now }) || sightOf(owner) === 'gone') await removeTree(join(folder, name));
  }
}
