import { existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { unfinishedFolder } from '../../os/atomic-folder.ts';
import type { Home } from '../../os/home.ts';
import { shippedPlans } from '../../os/own-package.ts';
import { TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import { manifestFile } from './manifest-file.ts';

/** A plan with its folder and the name by which it was found. */
export interface FoundPlan {
  readonly name: string;
  readonly dir: string;
}

/**
 * Finds a plan by path, in the home's plans, or among the bundled plans. A text that looks like a path (`./x`,
 * `../x`, `/x`) is resolved in this order; for other names the home comes first, and a folder of that name here
 * last.
 * @throws TgError (usage) with the nearest names.
 */
export async function findPlan(asked: string, home: Home, cwd: string): Promise<string> {
  const here = resolve(cwd, asked);
  const looksLikePath = isAbsolute(asked) || /^\.{1,2}(\/|$)/.test(asked);
  const places = looksLikePath ? [here] : [join(home.plans, asked), join(shippedPlans, asked), here];
  for (const place of places) {
    if (existsSync(join(place, manifestFile))) return await realpath(place);
  }
  if (looksLikePath || existsSync(here)) {
    throw new TgError(
      'usage',
      `no plan there: ${existsSync(here) ? `it has no ${manifestFile}` : 'no such folder'}`,
      {
        where: here,
        hint: `A plan is a folder with a ${manifestFile}.`,
      },
    );
  }
  const known = (await listPlans(home)).map(({ name }) => name);
  throw new TgError('usage', `there is no plan "${asked}"`, {
    hint: `${didYouMean(asked, known, 'plan')}\nSearched: ${home.plans}, the plans that ship with tg, and ${here}.`,
  });
}

/** All plans of the home and all bundled plans, sorted by name; a plan of the home hides a bundled one. */
export async function listPlans(home: Home): Promise<FoundPlan[]> {
  const found = new Map<string, string>();
  for (const root of [shippedPlans, home.plans]) {
    for (const name of await plansBelow(root)) found.set(name, join(root, name));
  }
  return [...found].map(([name, dir]) => ({ name, dir })).sort((a, b) => a.name.localeCompare(b.name));
}

/** Whether a folder is a plan, or holds plans at most this number of levels deeper. */
export async function holdsPlan(folder: string, deeper: number): Promise<boolean> {
  if (await hasManifest(folder)) return true;
  if (deeper === 0) return false;
  for (const child of await childFolders(folder))
    if (await holdsPlan(join(folder, child), deeper - 1)) return true;
  return false;
}

/**
 * Names of plans below a folder: its children, and those one level deeper (`testground plan import --name` nests
 * them).
 */
async function plansBelow(root: string): Promise<string[]> {
  const names: string[] = [];
  for (const child of await childFolders(root)) {
    if (await hasManifest(join(root, child))) names.push(child);
    else
      for (const deeper of await childFolders(join(root, child))) {
        if (await hasManifest(join(root, child, deeper))) names.push(`${child}/${deeper}`);
      }
  }
  return names;
}

/** Whether the folder has a manifest that is a file or a link to one; reading a pipe would block. */
async function hasManifest(folder: string): Promise<boolean> {
  return (await stat(join(folder, manifestFile)).catch(() => undefined))?.isFile() === true;
}

async function childFolders(folder: string): Promise<string[]> {
  // Missing, or not a folder.
  const names = (await readdir(folder).catch(() => [])).filter((name) => !unfinishedFolder.test(name));
  // stat, not the entry's type: an imported plan is a link to its folder.
  const kinds = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return names.filter((_, index) => kinds[index]?.isDirectory() === true);
}
