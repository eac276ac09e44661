import { lstatSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeTree } from '../../os/remove-tree.ts';
import { makeTempFolder } from '../../os/temp-folder.ts';
import { type KeptFolders, makeFolders } from '../../outputs/kept-folders.ts';
import type { ShippedFiles } from './shipped-files.ts';

/**
 * Creates a run's temporary folder, which is removed when disposed of.
 * @param leftBehind called with a message if the folder could not be removed.
 * @throws TgError (environment) if it cannot be created.
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
  /** For tg's own files, separate because a plan may use any file name; undefined if there are none. */
  readonly own: string | undefined;
  /** For coverage data; undefined if coverage was not requested. */
  readonly coverage: string | undefined;
}

/**
 * Creates the folders of an instance and provides the plan's files in its working directory. Synchronous: handing
 * each of these short calls to another thread takes longer.
 * @returns the folders of its outputs.
 * @throws Error if another instance has put something at their path.
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

/** Removes the temporary folder of an instance with everything in it. */
export async function removePlace({ temp }: Place): Promise<void> {
  // A plan may have replaced a folder with a symbolic link to something outside the run. The link is removed with
  // the run's temporary folder.
  const folders = [temp, dirname(temp), dirname(dirname(temp))];
  if (!folders.every((folder) => lstatSync(folder, { throwIfNoEntry: false })?.isDirectory())) return;
  try {
    removeAtOnce(temp, { left: mostAtOnce });
  } catch {
    await removeTree(temp);
  }
}

/** Folders with more entries than this are removed by another thread, so that the event loop is not blocked. */
const mostAtOnce = 100;

function removeAtOnce(folder: string, budget: { left: number }): void {
  const entries = readdirSync(folder, { withFileTypes: true });
  budget.left -= entries.length;
  if (budget.left < 0) throw new Error('too many entries to remove at once');
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeAtOnce(path, budget);
    else unlinkSync(path);
  }
  rmdirSync(folder);
}
