import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { ancestorsOf } from '../ancestors.ts';
import { isInside } from '../sources/inside.ts';

/** The relative layout of paths, below their common ancestor. */
export interface Tree {
  /** The plan's path in it; empty if it is the whole tree. */
  readonly plan: string;
  placeOf(path: string): string;
}

/** The smallest tree that contains a plan and the paths outside of it. */
export function treeOf(planDir: string, beside: readonly string[]): Tree {
  const holders = [planDir, ...ancestorsOf(planDir)];
  const top =
    holders.find((folder) => beside.every((path) => isInside(folder, path) && path !== folder)) ?? sep;
  return { plan: relative(top, planDir), placeOf: (path) => relative(top, path) };
}

/** Links paths at their places below a folder; existing entries are kept. */
export async function layOut(root: string, tree: Tree, paths: readonly string[]): Promise<void> {
  // Folders before their contents.
  for (const path of [...paths].sort()) {
    const place = join(root, tree.placeOf(path));
    if (existsSync(place)) continue;
    await mkdir(dirname(place), { recursive: true });
    await symlink(path, place);
  }
}
