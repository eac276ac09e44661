import { lstat, mkdir, readdir, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ancestorsOf } from '../ancestors.ts';

interface TreeRequest {
  /**
   * The folders that are real folders in the tree, together with their ancestors; their files, and everything else,
   * are links.
   */
  readonly folders: readonly string[];
  /** A file replaced by another one in the tree, whether it exists or not. */
  readonly instead: { readonly file: string; readonly by: string };
  /** A folder that is left out, because it contains the tree. */
  readonly except: string;
}

/**
 * Creates or updates a tree of links that mirrors the file system around some folders. A program that works in the
 * tree finds the same relative paths as around the originals, and files that it creates in those folders stay in
 * the tree.
 */
export async function mirror(tree: string, { folders, instead, except }: TreeRequest): Promise<void> {
  const own = new Set(folders.flatMap((folder) => [folder, ...ancestorsOf(folder)]));
  const left = await realpath(except).catch(() => except);
  // Top-down: a link that must become a folder is removed before it is entered.
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

/** The names in a folder; empty if the folder cannot be listed. */
async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}

async function bringUpToDate(place: string, links: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(place, { recursive: true });
  // Never remove anything through a link.
  if (!(await lstat(place)).isDirectory()) throw new Error(`${place} is not a folder`);
  const there = new Set<string>();
  for (const name of await readdir(place)) {
    const path = join(place, name);
    const target = await readlink(path).catch(() => undefined);
    // Keep the outputs of build scripts.
    const isRight = target === undefined ? !links.has(name) : target === links.get(name);
    if (isRight) there.add(name);
    else await rm(path, { recursive: true, force: true });
  }
  for (const [name, target] of links) if (!there.has(name)) await symlink(target, join(place, name));
}
