import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { appendFile, chmod, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { notesOn } from '../../src/builders/sources/left-out-notes.ts';
import { copySources, digestSources, readSources } from '../../src/builders/sources/sources.ts';
import { TgError } from '../../src/util/errors.ts';
import { folderWith, tempDir } from '../support/temp.ts';

/** The content of a copy of a plan: files with their modes, folders, and the targets of links. */
async function copied(dir: string): Promise<Record<string, string>> {
  const to = join(await tempDir(), 'copy');
  await copySources(dir, to, (await readSources(dir)).files);
  return await contentOf(to);
}

async function contentOf(to: string): Promise<Record<string, string>> {
  // Not readdir: that follows links.
  const { stdout } = await execa('find', [to, '-mindepth', '1', '-print0']);
  const names = stdout
    .split('\0')
    .filter(Boolean)
    .map((path) => relative(to, path))
    .sort();
  return Object.fromEntries(
    names.map((name) => {
      const there = lstatSync(join(to, name));
      const mode = (there.mode & 0o777).toString(8);
      if (there.isSymbolicLink()) return [name, `-> ${readlinkSync(join(to, name))}`];
      return [name, there.isDirectory() ? 'folder' : `${mode} ${readFileSync(join(to, name))}`];
    }),
  );
}

const contentDigest = async (dir: string) =>
  (await digestSources(dir, (await readSources(dir)).files, [])).content;

describe('a copy of the sources', () => {
  test('keeps the holes, mode and bytes of a sparse file', async () => {
    const dir = await tempDir();
    const file = join(dir, 'disk.img');
    await writeFile(file, 'start');
    await truncate(file, 40 * 1024 * 1024);
    await appendFile(file, 'end');
    await chmod(file, 0o666);
    const to = join(await tempDir(), 'copy');
    await copySources(dir, to, (await readSources(dir)).files);
    const [before, after] = [statSync(file), statSync(join(to, 'disk.img'))];
    expect([after.size, after.mode]).toEqual([before.size, before.mode]);
    expect(after.blocks * 512).toBeLessThan(8 * 1024 * 1024);
    expect(readFileSync(join(to, 'disk.img')).equals(readFileSync(file))).toBe(true);
  });

  test('keeps the modes of files and empty folders, and the digest depends on both', async () => {
    const dir = await folderWith({ key: 'k', tool: 't', fixed: 'f', 'deep/file': 'd' });
    await mkdir(join(dir, 'empty/below'), { recursive: true });
    await mkdir(join(dir, 'private'), { mode: 0o700 });
    for (const [name, mode] of [
      ['key', 0o600],
      ['tool', 0o755],
      ['fixed', 0o444],
      ['deep/file', 0o640],
    ] as const)
      await chmod(join(dir, name), mode);
    expect(await copied(dir)).toEqual({
      key: '600 k',
      tool: '755 t',
      fixed: '444 f',
      deep: 'folder',
      'deep/file': '640 d',
      empty: 'folder',
      'empty/below': 'folder',
      private: 'folder',
    });
    const before = await contentDigest(dir);
    await chmod(join(dir, 'key'), 0o644);
    const after = await contentDigest(dir);
    await rm(join(dir, 'empty/below'), { recursive: true });
    expect(new Set([before, after, await contentDigest(dir)]).size).toBe(3);
  });

  test('keeps the modes of folders, and the digest depends on them', async () => {
    const dir = await folderWith({ 'shared/key': 'k', 'own/key': 'k' });
    await chmod(join(dir, 'shared'), 0o750);
    await chmod(join(dir, 'own'), 0o700);
    const to = join(await tempDir(), 'copy');
    await copySources(dir, to, (await readSources(dir)).files);
    const modeOf = (name: string) => (lstatSync(join(to, name)).mode & 0o777).toString(8);
    expect([modeOf('shared'), modeOf('own')]).toEqual(['750', '700']);
    const before = await contentDigest(dir);
    await chmod(join(dir, 'shared'), 0o755);
    expect(await contentDigest(dir)).not.toBe(before);
  });

  test('is closed to other users while it is incomplete, and so are its private folders', async () => {
    const dir = await folderWith({ 'own/key': 'k', 'own/later': 'l', file: 'f' });
    await chmod(join(dir, 'own'), 0o700);
    const { files } = await readSources(dir);
    const to = join(await tempDir(), 'copy');
    await mkdir(to);
    await rm(join(dir, 'own/later'));
    await expect(copySources(dir, to, files)).rejects.toThrow('ENOENT');
    const modeOf = (path: string) => (lstatSync(path).mode & 0o777).toString(8);
    expect([existsSync(join(to, 'own/key')), modeOf(to), modeOf(join(to, 'own'))]).toEqual([
      true,
      '700',
      '700',
    ]);
  });

  test('is private if the folder of the plan is private', async () => {
    const dir = await folderWith({ key: 'k' });
    await chmod(dir, 0o700);
    const to = join(await tempDir(), 'copy');
    await copySources(dir, to, (await readSources(dir)).files);
    expect((lstatSync(to).mode & 0o777).toString(8)).toBe('700');
  });

  test('property: equals the original for any names, modes and contents', async () => {
    const part = fc.stringMatching(/^[a-z-][a-zA-Z .\n-]{0,6}[a-z]$/);
    const file = fc.tuple(
      fc.array(part, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 0o400, max: 0o777 }),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(file, { maxLength: 6 }), async (files) => {
        const dir = await tempDir();
        for (const [parts, mode, content] of files) {
          const path = join(dir, ...parts);
          try {
            await mkdir(dirname(path), { recursive: true });
            writeFileSync(path, content, { flag: 'wx' });
            chmodSync(path, mode);
          } catch {
            // A file is in the place of a folder.
          }
        }
        expect(await copied(dir)).toEqual(await contentOf(dir));
      }),
      { numRuns: 40 },
    );
  });
});

describe('links', () => {
  test('inside the plan stay links, also dangling and circular ones', async () => {
    const dir = await folderWith({ 'a/file': 'x', 'node_modules/tool': 'm' });
    const links = {
      relative: 'a/file',
      folder: 'a',
      'a/up': '../a/file',
      here: '.',
      circle: 'circle',
      dangling: 'nothing/there',
      away: '/nowhere/at/all',
      packaged: 'node_modules/tool',
    };
    for (const [name, target] of Object.entries(links)) await symlink(target, join(dir, name));
    await symlink(join(dir, 'a/file'), join(dir, 'absolute'));
    await symlink(dir, join(dir, 'a/whole'));
    const there = await copied(dir);
    for (const [name, target] of Object.entries(links))
      expect([name, there[name]]).toEqual([name, `-> ${target}`]);
    expect(there).toMatchObject({ absolute: '-> a/file', 'a/whole': '-> ..', 'a/file': '644 x' });
  });

  test('to the outside are replaced by copies, or kept and listed if the target is large or contains the plan', async () => {
    const around = await folderWith({
      'plan/file': 'x',
      'shared/word': 'w',
      'shared/deep/one': '1',
      'data/large': '',
    });
    const dir = join(around, 'plan');
    await truncate(join(around, 'data/large'), 65 * 1024 * 1024);
    await symlink('one', join(around, 'shared/deep/same'));
    await symlink('..', join(around, 'shared/deep/round'));
    for (const [name, target] of [
      ['shared', '../shared'],
      ['word', '../shared/word'],
      ['up', '..'],
      ['root', '/'],
      ['data', '../data'],
      ['large', '../data/large'],
    ] as const)
      await symlink(target, join(dir, name));
    expect(await copied(dir)).toEqual({
      file: '644 x',
      shared: 'folder',
      'shared/word': '644 w',
      'shared/deep': 'folder',
      'shared/deep/one': '644 1',
      'shared/deep/same': '-> one',
      'shared/deep/round': '-> ..',
      word: '644 w',
      up: `-> ${around}`,
      root: '-> /',
      data: `-> ${around}/data`,
      large: `-> ${around}/data/large`,
    });
    const { linked } = await readSources(dir);
    expect([...linked].sort()).toEqual([
      `data (${around}/data: more than 64 MiB, or 5000 files)`,
      `large (${around}/data/large: 65 MiB)`,
      'root (/: it contains the plan)',
      `up (${around}: it contains the plan)`,
    ]);
    const before = await contentDigest(dir);
    await truncate(join(around, 'data/large'), 66 * 1024 * 1024);
    expect(await contentDigest(dir)).not.toBe(before);
  });

  test('between two folders outside the plan are not followed endlessly', async () => {
    const around = await folderWith({ 'plan/file': '', 'a/x': '', 'b/y': '' });
    await symlink('../a', join(around, 'plan/a'));
    await symlink('../b', join(around, 'a/b'));
    await symlink('../a', join(around, 'b/a'));
    expect(Object.keys(await copied(join(around, 'plan')))).toEqual([
      'a',
      'a/b',
      'a/b/a',
      'a/b/y',
      'a/x',
      'file',
    ]);
  });

  test('may lead to the plan’s folder itself', async () => {
    const dir = await folderWith({ file: 'x' });
    const link = join(await tempDir(), 'link');
    await symlink(dir, link);
    await symlink(join(link, 'file'), join(dir, 'by-link'));
    expect(await copied(link)).toEqual({ file: '644 x', 'by-link': '-> file' });
  });
});

describe('content that is left out of a copy', () => {
  test('is listed: repositories, archives, sockets, pipes, non-UTF-8 names, caches, environments; packages apart', async () => {
    const dir = await folderWith({
      'CACHEDIR.TAG': '',
      '.git/HEAD': '',
      'node_modules/a': '',
      'helper/node_modules/b': '',
      [`${'c'.repeat(20)}.tgz`]: '',
      'target/CACHEDIR.TAG': '',
      'target/debug/plan': '',
      '.venv/pyvenv.cfg': '',
      '.venv/CACHEDIR.TAG': '',
      file: '',
    });
    await execa('mkfifo', [join(dir, 'pipe')]);
    await using server = createServer();
    await new Promise<void>((resolve) => server.listen(join(dir, 'socket'), resolve));
    writeFileSync(Buffer.concat([Buffer.from(`${dir}/caf`), Buffer.from([0xe9])]), '');
    const { files, leftOut, packages } = await readSources(dir);
    expect(packages).toEqual(['helper/node_modules', 'node_modules']);
    expect(files.map(({ path }) => path)).toEqual(['CACHEDIR.TAG', 'file', 'helper']);
    expect(Object.fromEntries(leftOut.map(({ path, kind, why }) => [path, `${kind}: ${why}`]))).toEqual({
      '.git': 'repository: a repository',
      [`${'c'.repeat(20)}.tgz`]: 'archive: collected outputs of tg, according to its name',
      '.venv': 'environment: a Python environment',
      'caf\uFFFD': 'unreadable: its name is not UTF-8',
      pipe: 'special: neither a file nor a folder',
      socket: 'special: neither a file nor a folder',
      target: 'cache: a cache, according to its CACHEDIR.TAG',
    });
    const kept = await readSources(dir, { isKept: (folder) => folder === 'target' });
    expect(kept.files.map(({ path }) => path)).toContain('target/debug/plan');
  });

  test.each([
    ['target/CACHEDIR.TAG', false],
    ['target/.rustc_info.json', false],
    ['target/data.json', true],
  ])(
    'includes a folder `target` if Cargo made it or it is marked as a cache: with %s, it is copied: %s',
    async (name, isCopied) => {
      for (const beside of ['Cargo.toml', 'other.toml']) {
        const dir = await folderWith({ [beside]: '', [name]: '', 'target/debug/plan': '' });
        const { files, leftOut } = await readSources(dir);
        expect(files.map(({ path }) => path)).toEqual([
          beside,
          ...(isCopied ? [name, 'target/debug/plan'] : []),
        ]);
        expect(leftOut.map(({ path, kind }) => [path, kind])).toEqual(isCopied ? [] : [['target', 'cache']]);
        const words = (builder: string) => notesOn(dir, builder, { leftOut, linked: [] }).length;
        const isSaid = !isCopied && beside !== 'Cargo.toml';
        // Beside a Cargo.toml it belongs to Cargo, if Cargo builds the plan.
        expect([words('exec:rust'), words('exec:generic')]).toEqual([isSaid ? 1 : 0, isCopied ? 0 : 1]);
      }
    },
  );

  test('is reported on one line, even if names contain newlines or escape sequences', async () => {
    const dir = await tempDir();
    await execa('mkfifo', [join(dir, 'two\nlines'), join(dir, 'red\u001b[31m')]);
    const { files, leftOut } = await readSources(dir);
    expect(files).toEqual([]);
    expect(notesOn(dir, 'exec:generic', { leftOut, linked: [] })).toEqual([
      'left out of the plan: red (neither a file nor a folder), two\\nlines (neither a file nor a folder)',
    ]);
    expect(new TgError('build', 'no', { where: join(dir, 'two\nlines') }).describe()).not.toContain('\n');
  });

  test('includes no file because of an unusual or very long name', async () => {
    const names = ['-rf', '--', 'a\nb', ' ', 'é', 'É', 'a'.repeat(255), '*', '$(x)', '\\', '"'];
    const dir = await folderWith(Object.fromEntries(names.map((name) => [name, name])));
    const deep = Array.from({ length: 10 }, (_, index) => String(index).repeat(150)).join('/');
    await mkdir(join(dir, deep), { recursive: true });
    await writeFile(join(dir, deep, 'file'), '');
    const there = await copied(dir);
    expect(names.map((name) => there[name])).toEqual(names.map((name) => `644 ${name}`));
    expect(existsSync(dir)).toBe(true);
    expect(there[`${deep}/file`]).toBe('644 ');
  });
});
