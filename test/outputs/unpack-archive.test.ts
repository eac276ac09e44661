import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { create } from 'tar';
import { expect, test } from 'vitest';
import { unpackArchive } from '../../src/outputs/unpack-archive.ts';
import { tempDir } from '../support/temp.ts';

async function archiveWith(
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
) {
  const dir = await tempDir();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(dir, 'in', path, '..'), { recursive: true });
    await writeFile(join(dir, 'in', path), text);
  }
  for (const [path, target] of Object.entries(links)) await symlink(target, join(dir, 'in', path));
  const [file, into] = [join(dir, 'a.tgz'), join(dir, 'out')];
  await create({ file, gzip: true, cwd: join(dir, 'in') }, await readdir(join(dir, 'in')));
  await mkdir(into);
  return { file, into };
}

test('unpacks what tg reads of each run, without links and without files of the plan', async () => {
  const { file, into } = await archiveWith(
    {
      'one/journal.ndjson': '{}',
      'one/single/0/run.out': 'out',
      'one/single/0/core': 'large',
      'two/journal.ndjson': '{}',
      'other/notes': '',
    },
    { 'one/single/0/results.out': '/etc/passwd', 'one/metrics.parquet': '../../elsewhere' },
  );
  expect((await unpackArchive(file, into)).map((dir) => basename(dir))).toEqual(['one', 'two']);
  const found = await readdir(into, { recursive: true, withFileTypes: true });
  expect(
    found
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['journal.ndjson', 'journal.ndjson', 'run.out']);
});

test('refuses an archive without a run, and a file that is no archive', async () => {
  const { file, into } = await archiveWith({ 'x/notes': '' });
  await expect(unpackArchive(file, into)).rejects.toThrow('the archive has no run');
  const text = join(into, 'text');
  await writeFile(text, 'no archive');
  await expect(unpackArchive(text, into)).rejects.toThrow('the archive cannot be read');
});
