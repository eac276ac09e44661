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

/** What a copy of a plan holds: modes, and where links lead. */
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

describe('modes', () => {
  test('a file with holes keeps them, its mode and its bytes', async () => {
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

  test('files keep them, empty folders are kept, and each counts', async () => {
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

  test('a folder that others may not enter is one in the copy too, and counts', async () => {
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

  test('nobody else can enter a copy that is not complete, nor a folder in it that is to be private', async () => {
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

  test('a plan that is private is so in the copy too', async () => {
    const dir = await folderWith({ key: 'k' });
    await chmod(dir, 0o700);
    const to = join(await tempDir(), 'copy');
    await copySources(dir, to, (await readSources(dir)).files);
    expect((lstatSync(to).mode & 0o777).toString(8)).toBe('700');
  });

  test('whatever they are, and whatever is in the files, a copy is the same', async () => {
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
            // A file stands where a folder would.
          }
        }
        expect(await copied(dir)).toEqual(await contentOf(dir));
      }),
      { numRuns: 40 },
    );
  });
});

describe('links', () => {
  test('inside of the plan they stay links, dangling ones and circles too', async () => {
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

  test('what they lead to outside is copied; where it holds the plan or is large it is linked, and said', async () => {
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

  test('two folders outside that lead to each other end', async () => {
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

  test('a plan that is given by a link is the same plan', async () => {
    const dir = await folderWith({ file: 'x' });
    const link = join(await tempDir(), 'link');
    await symlink(dir, link);
    await symlink(join(link, 'file'), join(dir, 'by-link'));
    expect(await copied(link)).toEqual({ file: '644 x', 'by-link': '-> file' });
  });
});

describe('what is left out', () => {
  test('is listed: repositories, archives, sockets, pipes, names that are no text, caches, environments; packages apart', async () => {
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
  ])('a folder `target` with %s beside a Cargo.toml, and without one: copied %s', async (name, isCopied) => {
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
      // Beside a Cargo.toml it is Cargo's, as far as Cargo builds the plan.
      expect([words('exec:rust'), words('exec:generic')]).toEqual([isSaid ? 1 : 0, isCopied ? 0 : 1]);
    }
  });

  test('names that would end a line or move the cursor stand on one line', async () => {
    const dir = await tempDir();
    await execa('mkfifo', [join(dir, 'two\nlines'), join(dir, 'red\u001b[31m')]);
    const { files, leftOut } = await readSources(dir);
    expect(files).toEqual([]);
    expect(notesOn(dir, 'exec:generic', { leftOut, linked: [] })).toEqual([
      'left out of the plan: red (neither a file nor a folder), two\\nlines (neither a file nor a folder)',
    ]);
    expect(new TgError('build', 'no', { where: join(dir, 'two\nlines') }).describe()).not.toContain('\n');
  });

  test('names of any kind are copied', async () => {
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
