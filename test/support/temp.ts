import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeTree } from '../../src/os/remove-tree.ts';

const dirs: string[] = [];

/** Removes the temporary folders that the tests of a file have made; for test/support/set-up.ts. */
export async function removeTempDirs(): Promise<void> {
  // Not `rm`: plans make folders without write permission.
  for (const dir of dirs.splice(0)) await removeTree(dir);
}

/** Makes a temporary folder that is removed after the tests of the file. */
export async function tempDir(): Promise<string> {
  // The real path: on macOS the folder for temporary files is behind a link.
  const dir = await mkdtemp(join(await realpath(tmpdir()), 'tg-test-'));
  dirs.push(dir);
  return dir;
}

/** A folder with the given files in it. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await tempDir();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), content);
  }
  return dir;
}
