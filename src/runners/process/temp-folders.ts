import { lstatSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeTree } from '../../os/remove-tree.ts';
import { makeTempFolder } from '../../os/temp-folder.ts';
import { makeFolders } from '../../outputs/kept-folders.ts';
import type { ShippedFiles } from './shipped-files.ts';

/**
 * Creates a run's temporary folder, which is removed when disposed of.
 * @param leftBehind called with a message if the folder could not be removed.
 * @throws TgError (environment) if it cannot be created.
 */
export async function makeTempRoot(runId: string, leftBehind: (problem: string) => void): Promise<TempRoot> {
  const path = makeTempFolder(runId);
  return {
    path,
    async [Symbol.asyncDispose]() {
      const problem = await removeTree(path);
      if (problem !== undefined) leftBehind(problem);
    },
  };
}

/** The temporary folder of a run. */
export interface TempRoot extends AsyncDisposable {
  readonly path: string;
}

/** The temporary folders of an instance. */
export interface Workplace {
  readonly temp: string;
  readonly workDir: string;
  /** For tg's own files, separate because a plan may use any file name; undefined if there are none. */
  readonly own: string | undefined;
}

/**
 * Creates the temporary folders of an instance and provides the plan's files in its working directory. Synchronous:
 * handing each of these short calls to another thread takes longer.
 * @throws Error if another instance has put something at their path.
 */
export function makeWorkplace({ temp, workDir, own }: Workplace, shipped: ShippedFiles): void {
  makeFolders(temp);
  mkdirSync(workDir);
  shipped.provide(workDir);
  if (own !== undefined) mkdirSync(own);
}

/** Removes the temporary folders of an instance with everything in them. */
export async function removeWorkplace({ temp }: Workplace): Promise<void> {
  // A plan may have replaced a folder with a symbolic link to something outside the run. The link is removed with
  // the run's temporary folder.
  const folders = [temp, dirname(temp), dirname(dirname(temp))];
  if (!folders.every((folder) => lstatSync(folder, { throwIfNoEntry: false })?.isDirectory())) return;
  try {
    removeAtOnce(temp, { left: maxAtOnce });
  } catch {
    await removeTree(temp);
  }
}

/** Folders with more entries than this are removed by another thread, so that the event loop is not blocked. */
const maxAtOnce = 100;

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
