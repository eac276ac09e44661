import { createHash, randomBytes } from 'node:crypto';
import { constants, createWriteStream, type Stats } from 'node:fs';
import { access, chmod, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf } from '../util/errors.ts';
import { openPipe } from './named-pipe.ts';
import { ownProcessId, sightOf } from './process-id.ts';
import { removeAtExit } from './remove-at-exit.ts';
import { removeTree } from './remove-tree.ts';

/** Where a path leads, which stays a link if it is one, and what is there; undefined for nothing. */
export async function whereItLeads(
  path: string,
): Promise<{ readonly target: string; readonly there: Stats | undefined }> {
  const target = await realpath(path).catch(() => resolve(path));
  return { target, there: await stat(target).catch(() => undefined) };
}

/**
 * Sees whether `writeWhole` can write a file, without making or changing anything.
 * @throws the system's error: there is no folder, no permission, the name is too long.
 */
export async function checkFile(path: string): Promise<void> {
  const target = (await realpath(path).catch(undefinedIfMissing)) ?? resolve(path);
  const there = await stat(target).catch(undefinedIfMissing);
  if (there?.isDirectory()) throw Object.assign(new Error('EISDIR: it is a folder'), { code: 'EISDIR' });
  if (there !== undefined) await access(target, constants.W_OK);
  // A file is renamed into its folder.
  if (there === undefined || there.isFile()) await access(dirname(target), constants.W_OK | constants.X_OK);
}

function undefinedIfMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

/**
 * Writes a file, which appears whole or not at all. A link keeps leading where it leads; a pipe or a device is written to as
 * it is.
 * @param signal gives up a pipe, whose reader may never come.
 * @throws the system's error, or that of the signal.
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
  else await replaceAtomically(target, (partial) => write(createWriteStream(partial, { flags: 'wx' })));
}

/**
 * Makes a file that appears whole or not at all, in place of what has its name, a link itself: it is written under another name
 * beside it, and renamed.
 * @param write is given the other name, at which nothing is yet: it has to make it (`wx`).
 */
export async function createAtomically<T>(
  target: string,
  write: (partial: string) => Promise<T>,
): Promise<T> {
  await removeAbandonedPartials(target);
  const partial = partialPathOf(target);
  using _ = removeAtExit(partial);
  try {
    const made = await write(partial);
    await rename(partial, target);
    return made;
  } catch (error) {
    // Why it failed matters more than what is left of it.
    await rm(partial, { force: true }).catch(() => {});
    throw error;
  }
}

/** Writes a text as `asNewFile` makes a file. */
export async function writeNewAtomically(target: string, text: string): Promise<void> {
  await createAtomically(target, async (partial) => await writeFile(partial, text, { flag: 'wx' }));
}

/** The same as `asNewFile`, for a file that keeps its permissions where it was there. */
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

/** A name has at most 255 bytes (NAME_MAX): of a long one only the beginning is in that of what is half-written. */
const mostCharacters = 50;

/** How the names begin of what is half-written for a file. */
function headOf(target: string): string {
  return `.${basename(target).slice(0, mostCharacters)}.`;
}

/** How such a name goes on: which process writes it, and where. */
const mark = String.raw`(\d+)-(\d*)-([0-9a-f]{8})-([0-9a-f]{8})-[0-9a-f]{4}\.partial$`;
const partialMark = new RegExp(`^${mark}`);
const partialName = new RegExp(String.raw`^\..+\.${mark}`);

/** Whether a file is named as what is half-written is, whoever writes it. */
export function isPartial(name: string): boolean {
  return partialName.test(name);
}

/** Another name beside a file or folder for what is not whole yet, which says which process makes it, and where. */
export function partialPathOf(target: string): string {
  const { pid, startTicks = '', boot, ...place } = ownProcessId();
  const mark = [pid, startTicks, digestOf(place), digestOf({ boot }), randomBytes(2).toString('hex')];
  return join(dirname(target), `${headOf(target)}${mark.join('-')}.partial`);
}

function digestOf(place: object): string {
  return createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 8);
}

/**
 * Removes what is left of files for the same place whose writer was killed meanwhile, by an end of the machine too. One on another host or
 * in another PID namespace cannot be seen.
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
