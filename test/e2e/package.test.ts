import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { tempDir } from '../support/temp.ts';
import { entriesOf, root, someMachine } from '../support/tg.ts';

test('installed from npm pack into an empty folder, npx tg works the same', async () => {
  const packed = await tempDir();
  // --ignore-scripts: the build is there, and a second one would pull it from under the other tests.
  const { stdout } = await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', packed], {
    cwd: root,
  });
  const tarball = join(packed, stdout.trim().split('\n').at(-1) ?? '');
  const names = await entriesOf(tarball);
  for (const name of [
    'bin/tg.js',
    'bin/testground.js',
    'dist/cli/main.script.js',
    'dist/sdk/index.d.ts',
    'plans/example/manifest.toml',
    'python/pyproject.toml',
    'python/tg_sdk/__init__.py',
    'python/tg_sdk/py.typed',
    'LICENSE',
    'README.md',
  ]) {
    expect(names).toContain(`package/${name}`);
  }
  expect(names.filter((name) => /^package\/(src|test)\//.test(name))).toEqual([]);

  const machine = await someMachine();
  await writeFile(join(machine.cwd, 'package.json'), '{}');
  const npm = {
    cwd: machine.cwd,
    env: { ...machine.env, HOME: process.env['HOME'] ?? '' },
    extendEnv: false,
  };
  await execa('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], npm);
  const run = await execa('npx', ['tg', 'run', 'single', '--plan', 'example', '-i', '2', '--collect'], {
    ...npm,
    reject: false,
  });
  expect(run.exitCode, run.stdout + run.stderr).toBe(0);
  expect(run.stdout).toContain('outcome: success; 2 instances: 2 success');
  expect((await execa('npx', ['testground', 'version'], npm)).stdout).toMatch(/^testground \d+\.\d+\.\d+$/);
}, 180_000);
