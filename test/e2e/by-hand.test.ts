import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { freePort } from '../../src/os/free-port.ts';
import { describeWith } from '../support/needs.ts';
import { type Machine, onceSaid, root, someMachine, startTg } from '../support/tg.ts';

/** Follows the sections of the docs that start a plan without a run: one terminal for the service, one for the rest. */

const pageOf = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');

function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code = '']) => code,
  );
}

/** A machine whose working directory has what a clone has, with tg on PATH. */
async function clone(): Promise<Machine> {
  const machine = await someMachine();
  const bin = join(machine.cwd, 'on-path');
  await mkdir(bin);
  const script = `#!/bin/sh\nexec '${process.execPath}' '${root}/bin/tg.js' "$@"\n`;
  await writeFile(join(bin, 'tg'), script, { mode: 0o755 });
  await mkdir(join(machine.cwd, 'node_modules'));
  await symlink(root, join(machine.cwd, 'node_modules', 'testground-tg'));
  await symlink(join(root, 'python'), join(machine.cwd, 'python'));
  return { ...machine, env: { ...machine.env, PATH: `${bin}:${machine.env['PATH']}` } };
}

/** Runs the bash blocks of a page’s section "By hand". @returns the output of each but the first, the service. */
async function follow(machine: Machine, name: string): Promise<string[]> {
  const [, section = ''] = pageOf(name).split(/^## By hand.*$/m);
  const [service = '', ...others] = blocksOf(section.split(/^## /m)[0] ?? '', 'bash');
  expect(service).toBe('tg sync-service --port 5050\n');
  // Port 5050 may be in use on this machine.
  const port = String(await freePort());
  const serving = startTg(machine, ['sync-service', '--port', port]);
  try {
    await onceSaid(serving, 'REDIS_PORT');
    const said: string[] = [];
    for (const block of others) {
      const line = block.replaceAll('5050', port);
      const { exitCode, all } = await execa('bash', ['-euc', line], {
        ...{ cwd: machine.cwd, env: machine.env, extendEnv: false, reject: false, all: true },
      });
      expect([exitCode, exitCode === 0 ? '' : all]).toEqual([0, '']);
      said.push(all);
    }
    return said;
  } finally {
    serving.kill('SIGTERM');
    await serving;
  }
}

test('the commands under "By hand" in writing-a-plan.md start a JavaScript plan and a shell script', async () => {
  const [javascript, shell] = await follow(await clone(), 'writing-a-plan.md');
  expect(javascript).toContain('"success_event"');
  expect(shell).toMatch(/^I am number 1 of 1\nheard hello from number 1$/m);
});

describeWith('python3', 'python.md', () => {
  test('the commands under "By hand" start a Python plan, and do so a second time', async () => {
    const machine = await clone();
    for (const block of [
      ...blocksOf(pageOf('python.md'), 'toml'),
      ...blocksOf(pageOf('python.md'), 'python'),
    ]) {
      const [, name, text = ''] = /^# (\S+)\n([\s\S]*)$/.exec(block) ?? [];
      // Others are parts of a plan.
      if (name === undefined) continue;
      await mkdir(dirname(join(machine.cwd, name)), { recursive: true });
      await writeFile(join(machine.cwd, name), text);
    }
    for (let time = 0; time < 2; time++) {
      const [said] = await follow(machine, 'python.md');
      expect(said).toMatch(/instance 1 leads[\s\S]*"success_event"/);
    }
  });
});
