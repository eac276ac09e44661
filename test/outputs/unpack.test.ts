import { appendFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { create } from 'tar';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { unpackRun } from '../../src/outputs/archive/unpack.ts';
import { tempDir } from '../support/temp.ts';

async function archiveWith(
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): Promise<string> {
  const dir = await tempDir();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(dir, 'in', path, '..'), { recursive: true });
    await writeFile(join(dir, 'in', path), text);
  }
  for (const [path, target] of Object.entries(links)) await symlink(target, join(dir, 'in', path));
  const file = join(dir, 'a.tgz');
  await create({ file, gzip: true, cwd: join(dir, 'in') }, await readdir(join(dir, 'in')));
  return file;
}

// Otherwise removed when the process exits, which a worker of the test runner does not do.
beforeEach(async () => void vi.stubEnv('TMPDIR', await tempDir()));
afterEach(() => void vi.unstubAllEnvs());

/** The files below a folder, without links. */
async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
}

test('unpacks the files of a run, without links, which could lead anywhere', async () => {
  const file = await archiveWith(
    {
      '00d24aaaaaaaaaaaaaaa/journal.ndjson': '{}',
      '00d24aaaaaaaaaaaaaaa/single/0/run.out': 'out',
      '00d24aaaaaaaaaaaaaaa/single/0/plot.svg': '<svg/>',
    },
    {
      '00d24aaaaaaaaaaaaaaa/single/0/results.out': '/etc/passwd',
      '00d24aaaaaaaaaaaaaaa/metrics.parquet': '../../elsewhere',
    },
  );
  const run = await unpackRun(file);
  expect(basename(run)).toBe('00d24aaaaaaaaaaaaaaa');
  expect((await filesIn(run)).sort()).toEqual(['journal.ndjson', 'plot.svg', 'run.out']);
});

test('refuses an archive without a run or with several, and a file that is no archive', async () => {
  const none = await archiveWith({ '00d24aaaaaaaaaaaaaaa/notes': '' });
  const index = await archiveWith({ 'index/journal.ndjson': '{}' });
  const two = await archiveWith({
    '00d24aaaaaaaaaaaaaaa/journal.ndjson': '{}',
    '00d24bbbbbbbbbbbbbbb/journal.ndjson': '{}',
  });
  for (const file of [none, two, index])
    await expect(unpackRun(file)).rejects.toThrow('this archive does not hold the outputs of a run');
  const text = join(await tempDir(), 'text.tgz');
  await writeFile(text, 'no archive');
  await expect(unpackRun(text)).rejects.toThrow('the archive cannot be read');
});

test('what follows the end of an archive is not read, and nothing but zeros is refused at once', async () => {
  const file = await archiveWith({ '00d24aaaaaaaaaaaaaaa/journal.ndjson': '{}' });
  // A few hundred KB that are 300 MB of zeros: reading them would take minutes.
  const zeros = gzipSync(Buffer.alloc(300_000_000));
  await appendFile(file, zeros);
  expect(basename(await unpackRun(file))).toBe('00d24aaaaaaaaaaaaaaa');
  const nothing = join(await tempDir(), 'zeros.tgz');
  await writeFile(nothing, zeros);
  await expect(unpackRun(nothing)).rejects.toThrow('the archive cannot be read');
});
