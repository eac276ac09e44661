import { createHash, randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ownProcessId, sightOf } from './process-id.ts';
import { removeTree } from './remove-tree.ts';

/** Where a path leads, which stays a link if it is one, and what is there; undefined for nothing. */
export async function whereItLeads(
  path: string,
): Promise<{ readonly target: string; readonly there: Stats | undefined }> {
  const target = await realpath(path).catch(() => resolve(path));
  return { target, there: await stat(target).catch(() => undefined) };
}

/**
 * Makes a file that appears whole or not at all, in place of what has its name, a link itself: it is written under another name
 * beside it, and renamed.
 * @param write is given the other name, at which nothing is yet: it has to make it (`wx`).
 */
export async function asNewFile<T>(target: string, write: (partial: string) => Promise<T>): Promise<T> {
  await removeAbandoned(target);
  const partial = join(dirname(target), `.${basename(target)}.${ownMark()}.partial`);
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
export async function writeNewFile(target: string, text: string): Promise<void> {
  await asNewFile(target, async (partial) => await writeFile(partial, text, { flag: 'wx' }));
}

/** The same as `asNewFile`, for a file that keeps its permissions where it was there. */
export async function asWhole<T>(target: string, write: (partial: string) => Promise<T>): Promise<T> {
  return await asNewFile(target, async (partial) => {
    const made = await write(partial);
    const before = await stat(target).catch(() => undefined);
    if (before !== undefined) await chmod(partial, before.mode & 0o7777);
    return made;
  });
}

/** Names what is half-written after the process that writes it. */
export function ownMark(): string {
  const { pid, startTicks = '', ...place } = ownProcessId();
  return `${pid}-${startTicks}-${placeMark(place)}-${randomBytes(2).toString('hex')}`;
}

/** Tells the places apart in which a process number means another process: hosts, boots, PID namespaces. */
function placeMark(place: object): string {
  return createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 8);
}

/** Removes what is left of files for the same place whose writer was killed meanwhile; one that writes elsewhere cannot be seen. */
export async function removeAbandoned(target: string): Promise<void> {
  const folder = dirname(target);
  const head = `.${basename(target)}.`;
  const { pid: _pid, startTicks: _ticks, ...here } = ownProcessId();
  const pattern = /^(\d+)-(\d*)-([0-9a-f]{8})-[0-9a-f]{4}\.partial$/;
  for (const name of await readdir(folder).catch(() => [])) {
    const [, pid, startTicks, place] = pattern.exec(name.slice(head.length)) ?? [];
    if (!name.startsWith(head) || pid === undefined || place !== placeMark(here)) continue;
    const owner = { pid: Number(pid), ...(startTicks ? { startTicks } : {}) };
    if (sightOf(owner) === 'gone') await removeTree(join(folder, name));
  }
}
