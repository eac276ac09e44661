import { execFile } from 'node:child_process';
import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, TgError } from '../util/errors.ts';

/**
 * Removes a folder with its contents, or a file; of a link only the link itself. Makes read-only folders (as in Go's
 * module cache) writable first.
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
 * Like removeTree, but throws.
 * @throws TgError (environment) if it could not be removed.
 */
export async function removeTreeOrThrow(path: string): Promise<void> {
  const problem = await removeTree(path);
  if (problem === undefined) return;
  throw new TgError('environment', `cannot be removed: ${problem}`, {
    where: path,
    hint: 'Fix its permissions, or those of the folder above.',
  });
}

/** Only real folders: the target of a link must not change. */
async function allowRemoving(folder: string): Promise<void> {
  const there = await lstat(folder).catch(() => undefined);
  if (there?.isDirectory() !== true) return;
  if ((there.mode & 0o700) !== 0o700) await chmod(folder, 0o700).catch(() => {});
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await allowRemoving(join(folder, entry.name));
  }
}

/** Runs a program that enters folders one by one: paths may exceed the system's limit. */
async function removeDeep(path: string): Promise<boolean> {
  return await promisify(execFile)('rm', ['-rf', '--', path]).then(
    () => true,
    () => false,
  );
}
