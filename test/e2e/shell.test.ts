import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { freePort } from '../../src/os/free-port.ts';
import { root, someMachine } from '../support/tg.ts';

/** The scripts call only `testground` and know nothing else of tg. */
const suite = join(root, 'test', 'e2e', 'shell');
const scripts = (await readdir(suite)).filter((name) => name.endsWith('.sh') && name !== 'lib.sh');

test.concurrent.each(scripts)('the shell script %s passes', async (script) => {
  const machine = await someMachine();
  const bin = join(machine.temp, 'bin');
  await mkdir(bin);
  await symlink(join(root, 'bin', 'testground.js'), join(bin, 'testground'));
  const env = {
    ...machine.env,
    PATH: `${bin}:${machine.env['PATH']}`,
    SUITE: suite,
    FREE_PORT: String(await freePort()),
  };
  const { all, exitCode } = await execa('sh', [join(suite, script)], {
    ...{ cwd: machine.cwd, env, extendEnv: false, reject: false, all: true },
  });
  expect([exitCode, all.split('\n').filter((line) => line.startsWith('FAILED'))]).toEqual([0, []]);
});
