import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { above } from '../above.ts';
import { isInside } from '../sources/inside.ts';

/** Where things lie to each other, below the folder that holds them all. */
export interface Tree {
  /** The plan's place in it; empty where it is the whole. */
  readonly plan: string;
  placeOf(path: string): string;
}

/** The smallest tree that holds a plan and what lies beside it. */
export function treeOf(planDir: string, beside: readonly string[]): Tree {
  const holders = [planDir, ...above(planDir)];
  const top =
    holders.find((folder) => beside.every((path) => isInside(folder, path) && path !== folder)) ?? sep;
  return { plan: relative(top, planDir), placeOf: (path) => relative(top, path) };
}

/** Links things at their places below a folder; what is there already stays. */
export async function layOut(root: string, tree: Tree, paths: readonly string[]): Promise<void> {
  // Folders before what is in them.
  for (const path of [...paths].sort()) {
    const place = join(root, tree.placeOf(path));
    if (existsSync(place)) continue;
    await mkdir(dirname(place), { recursive: true });
    await symlink(path, place);
  }
}
