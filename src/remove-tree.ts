import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from './errors.ts';

/**
 * Removes what is at a path, a folder with all that is in it; folders that forbid it (as Go's module cache does) are first made to
 * allow it. Follows no link: one is removed itself.
 * @returns why it could not be removed, if it could not.
 */
export async function removeTree(path: string): Promise<string | undefined> {
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 });
  try {
    await remove().catch(async () => {
      await allowRemoving(path);
      await remove();
    });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function allowRemoving(folder: string): Promise<void> {
  // Not what a link leads to.
  if (!(await lstat(folder)).isDirectory()) return;
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await allowRemoving(join(folder, entry.name));
  }
}
