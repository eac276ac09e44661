import { lstatSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeTree } from '../../os/remove-tree.ts';
import { makeTempFolder } from '../../os/temp-folder.ts';
import { type KeptFolders, makeFolders } from '../../outputs/kept-folders.ts';
import type { ShippedFiles } from './shipped-files.ts';

/**
 * A run's temporary folder, gone when disposed of.
 * @param leftBehind is told of what could not be removed.
 * @throws TgError (environment) when it cannot be made.
 */
export async function makeTempRoot(
  runId: string,
  leftBehind: (problem: string) => void,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await makeTempFolder(runId);
  return {
    path,
    async [Symbol.asyncDispose]() {
      const problem = await removeTree(path);
      if (problem !== undefined) leftBehind(problem);
    },
  };
}

/** The folders of an instance. */
export interface Place {
  readonly outputs: string;
  readonly temp: string;
  readonly workDir: string;
  /** What tg needs there has a place of its own: a plan may call its files as it likes. Undefined where it needs nothing. */
  readonly own: string | undefined;
  /** For what was executed; undefined where nobody asked. */
  readonly coverage: string | undefined;
}

/**
 * Makes the folders of an instance, with the plan's files in the one in which it works. At once: to hand each of these short
 * calls to another thread takes longer.
 * @returns those of its outputs.
 * @throws Error where another instance has put something in their place.
 */
export function makePlace(
  { outputs, temp, workDir, own, coverage }: Place,
  shipped: ShippedFiles,
): KeptFolders {
  const kept = makeFolders(outputs);
  makeFolders(temp);
  mkdirSync(workDir);
  shipped.provide(workDir);
  for (const folder of [own, coverage]) if (folder !== undefined) mkdirSync(folder);
  return kept;
}

/** Removes what makePlace has made for an instance alone, and all that came to it. */
export async function removePlace({ temp }: Place): Promise<void> {
  // Behind a link, which a plan may have put there, is what is not the run's: the link goes with the run's temporary folder.
  const folders = [temp, dirname(temp), dirname(dirname(temp))];
  if (!folders.every((folder) => lstatSync(folder, { throwIfNoEntry: false })?.isDirectory())) return;
  try {
    removeAtOnce(temp, { left: mostAtOnce });
  } catch {
    await removeTree(temp);
  }
}

/** More than so many files and folders of one place are left to another thread: nobody is to be held up for them. */
const mostAtOnce = 100;

function removeAtOnce(folder: string, budget: { left: number }): void {
  const entries = readdirSync(folder, { withFileTypes: true });
  budget.left -= entries.length;
  if (budget.left < 0) throw new Error('there is too much to be removed at once');
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeAtOnce(path, budget);
    else unlinkSync(path);
  }
  rmdirSync(folder);
}
