import { execFileSync } from 'node:child_process';
import { closeSync, constants, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Mask } from '../../src/outputs/mask.ts';
import { openBelow, openRegular, setAside, unshare } from '../../src/outputs/untrusted-file.ts';
import { folderWith, tempDir } from '../support/temp.ts';

const { O_RDONLY, O_RDWR, O_WRONLY, O_APPEND, O_CREAT } = constants;

describe('opening a path that is not a regular file', () => {
  test.each([
    ['a pipe', async (path: string) => void execFileSync('mkfifo', [path])],
    ['a folder', async (path: string) => void mkdirSync(path)],
    ['a link', async (path: string) => symlinkSync('/etc/passwd', path)],
    ['a link', async (path: string) => symlinkSync('x', path)],
    [
      'a socket',
      async (path: string) => {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(path, resolve));
        server.unref();
      },
    ],
  ])('does not block, and fails because it is %s', async (kind, make) => {
    const path = join(await tempDir(), 'x');
    await make(path);
    for (const flags of [O_RDONLY, O_RDWR, O_WRONLY | O_APPEND | O_CREAT])
      expect(() => openRegular(path, flags)).toThrow(`it is ${kind}, not a file`);
  });

  test('fails because it is a device', { tags: ['root'] }, async () => {
    const path = join(await tempDir(), 'x');
    execFileSync('mknod', [path, 'c', '1', '5']);
    expect(() => openRegular(path)).toThrow('it is a device, not a file');
  });
});

test('does not open a file behind a link in place of a folder', async () => {
  const [root, elsewhere] = [await tempDir(), await folderWith({ file: 'x' })];
  mkdirSync(join(root, 'real'));
  writeFileSync(join(root, 'real', 'file'), 'x');
  symlinkSync(elsewhere, join(root, 'link'));
  closeSync(openBelow(root, 'real/file'));
  expect(() => openBelow(root, 'link/file')).toThrow('it is not below the run’s folder');
});

test('sets a file aside under a name that is not in use, not even by a dangling link', async () => {
  const dir = await folderWith({ x: '1', 'x.plan': '2' });
  symlinkSync('nowhere', join(dir, 'x.plan.1'));
  expect(setAside(join(dir, 'x'))).toBe('x.plan.2');
  expect(setAside(join(dir, 'x'))).toBeUndefined();
});

describe('masking', () => {
  const mask = new Mask(['secret']);

  test('follows no link', async () => {
    const dir = await folderWith({ credentials: 'secret' });
    symlinkSync('credentials', join(dir, 'results.out'));
    await mask.file(join(dir, 'results.out'));
    expect(readFileSync(join(dir, 'credentials'), 'utf8')).toBe('secret');
  });

  test('changes the file, but not another one that shares its content (a hard link)', async () => {
    const dir = await folderWith({ credentials: 'a secret' });
    linkSync(join(dir, 'credentials'), join(dir, 'results.out'));
    await mask.file(join(dir, 'results.out'));
    expect(readFileSync(join(dir, 'credentials'), 'utf8')).toBe('a secret');
    expect(readFileSync(join(dir, 'results.out'), 'utf8')).toBe('a ******');
  });

  test('does not block at a pipe', async () => {
    const path = join(await tempDir(), 'x');
    execFileSync('mkfifo', [path]);
    await mask.file(path);
  });
});

test('gives a hard link its own copy of the content', async () => {
  const dir = await folderWith({ one: 'text' });
  linkSync(join(dir, 'one'), join(dir, 'other'));
  await unshare(join(dir, 'other'));
  writeFileSync(join(dir, 'other'), 'changed');
  expect(readFileSync(join(dir, 'one'), 'utf8')).toBe('text');
});
