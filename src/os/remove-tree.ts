import { execFile } from 'node:child_process';
import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, TgError } from '../util/errors.ts';

/**
 * Removes a folder with all that is in it, or a file; of a link the link alone. Folders that forbid it (as Go's module cache
 * does) are first made to allow it.
 * @returns why it could not be removed, if it could not.
 */
export async function removeTree(path: string): Promise<string | undefined> {
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 });
  try {
    await remove().catch(async () => {
      await allowRemoving(path);
      await remove().catch(async (error: unknown) => {
        if (!(await removeDeep(path))) throw error;
      });
    });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * The same.
 * @throws TgError (environment) where it could not be removed.
 */
export async function removeTreeOrThrow(path: string): Promise<void> {
  const problem = await removeTree(path);
  if (problem === undefined) return;
  throw new TgError('environment', `cannot be removed: ${problem}`, {
    where: path,
    hint: 'Mend its permissions, or those of the folder above.',
  });
}

/** Only of real folders: a link leads to what is not to be changed. */
async function allowRemoving(folder: string): Promise<void> {
  const there = await lstat(folder).catch(() => undefined);
  if (there?.isDirectory() !== true) return;
  if ((there.mode & 0o700) !== 0o700) await chmod(folder, 0o700).catch(() => {});
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await allowRemoving(join(folder, entry.name));
  }
}

/** By a program that enters folders one by one: paths may be longer than the system takes at once. */
async function removeDeep(path: string): Promise<boolean> {
  return await promisify(execFile)('rm', ['-rf', '--', path]).then(
    () => true,
    () => false,
  );
}
