import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { lives, processIdOf } from './process-id.ts';

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
function ownMark(): string {
  const { pid, startTicks = '' } = processIdOf(process.pid);
  return `${pid}-${startTicks}-${randomBytes(2).toString('hex')}`;
}

/** Removes what is left of files for the same place whose writer was killed meanwhile. */
export async function removeAbandoned(target: string): Promise<void> {
  const folder = dirname(target);
  const head = `.${basename(target)}.`;
  for (const name of await readdir(folder).catch(() => [])) {
    const [, pid, startTicks] = /^(\d+)-(\d*)-[0-9a-f]{4}\.partial$/.exec(name.slice(head.length)) ?? [];
    if (!name.startsWith(head) || pid === undefined) continue;
    const owner = { pid: Number(pid), ...(startTicks ? { startTicks } : {}) };
    if (!lives(owner)) await rm(join(folder, name), { force: true }).catch(() => {});
  }
}
