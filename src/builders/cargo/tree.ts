import { lstat, mkdir, readdir, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { above } from '../above.ts';

interface TreeRequest {
  /** The folders that are to be folders in the tree too, with those above them; their files, and all else, are links. */
  readonly folders: readonly string[];
  /** A file that is another one in the tree, whether it is there or not. */
  readonly instead: { readonly file: string; readonly by: string };
  /** A folder that is left out: the one in which the tree lies. */
  readonly except: string;
}

/**
 * Makes, or brings up to date, a tree of links that looks like the file system around some folders: a program that works in
 * it finds by relative paths what it finds around the originals, and what it makes in those folders is made in the tree.
 */
export async function mirror(tree: string, { folders, instead, except }: TreeRequest): Promise<void> {
  const own = new Set(folders.flatMap((folder) => [folder, ...above(folder)]));
  const left = await realpath(except).catch(() => except);
  // From above: what was a link once, and is to be a folder, goes before it is entered.
  for (const folder of [...own].sort((a, b) => a.length - b.length)) {
    const links = new Map<string, string>();
    for (const name of await namesIn(folder)) {
      const path = join(folder, name);
      if (!own.has(path) && path !== left) links.set(name, path);
    }
    if (folder === dirname(instead.file)) links.set(basename(instead.file), instead.by);
    await bringUpToDate(join(tree, folder), links);
  }
}

/** What of a folder may be listed: of one that may only be entered, nothing. */
async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}

async function bringUpToDate(place: string, links: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(place, { recursive: true });
  // Nothing is ever removed through a link.
  if (!(await lstat(place)).isDirectory()) throw new Error(`${place} is no folder of its own`);
  const there = new Set<string>();
  for (const name of await readdir(place)) {
    const path = join(place, name);
    const target = await readlink(path).catch(() => undefined);
    // What a build script has made stays.
    const isRight = target === undefined ? !links.has(name) : target === links.get(name);
    if (isRight) there.add(name);
    else await rm(path, { recursive: true, force: true });
  }
  for (const [name, target] of links) if (!there.has(name)) await symlink(target, join(place, name));
}
