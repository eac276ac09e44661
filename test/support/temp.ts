import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { removeTree } from '../../src/os/remove-tree.ts';

const dirs: string[] = [];
afterAll(async () => {
  // Not with `rm`: plans create folders whose permissions forbid it.
  for (const dir of dirs) await removeTree(dir);
});

/** Creates a temporary folder, which is removed when the tests of the file have finished. */
export async function tempDir(): Promise<string> {
  // The real path: on macOS the folder for temporary files is behind a link.
  const dir = await mkdtemp(join(await realpath(tmpdir()), 'tg-test-'));
  dirs.push(dir);
  return dir;
}

/** Creates a temporary folder with the given files. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await tempDir();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), content);
  }
  return dir;
}
