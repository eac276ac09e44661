import { existsSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { genericPlan } from '../support/generic-plan.ts';
import { folderWith } from '../support/temp.ts';
import { type Machine, single, someMachine, tg } from '../support/tg.ts';

/** A machine with only Node and mkfifo on PATH. */
async function bareMachine(): Promise<Machine> {
  const machine = await someMachine();
  const bin = join(machine.cwd, 'bin');
  await mkdir(bin);
  await symlink(process.execPath, join(bin, 'node'));
  // tg makes the pipes of exec:generic with it.
  const mkfifo = ['/usr/bin/mkfifo', '/bin/mkfifo'].find((file) => existsSync(file));
  await symlink(mkfifo ?? '', join(bin, 'mkfifo'));
  return { ...machine, env: { ...machine.env, PATH: bin } };
}

describe('tg on a machine without toolchains', () => {
  test.each([
    [
      'the build line',
      { build: 'uv sync && echo done', run: 'node x.mjs' },
      /error: \S+: exec:generic needs uv, which is not on PATH\n {2}uv sync && echo done \(\/bin\/sh: status 127\)\n.*\n {2}Install uv \(https:\/\/docs\.astral\.sh\/uv\), or put it on PATH\.\n/,
    ],
    [
      'the toolchain line',
      { build: 'true', toolchain: 'python3 --version', run: 'node x.mjs' },
      /exec:generic needs python3, which is not on PATH\n[\s\S]*\n {2}Install python3 \(https:/,
    ],
    [
      'the run line',
      { run: 'python3 main.py' },
      /error: \S+: the plan starts python3, which is not on PATH\n {2}Install python3 \(https:/,
    ],
    [
      'a run line with python instead of python3',
      { run: 'A=b python main.py' },
      /the plan starts python, which is not on PATH\n {2}Install python .* write python3 in the manifest/,
    ],
  ])('exits 5 and says what to install for %s', async (_, config, words) => {
    const machine = await bareMachine();
    const { code, stderr } = await tg(machine, single(await genericPlan(config, { 'x.mjs': '' })));
    expect([code, stderr]).toEqual([5, expect.stringMatching(words)]);
    // The message names folders of the plan, none of tg.
    expect(stderr).not.toContain(machine.home);
    expect((await tg(machine, ['tasks'])).stdout).toContain('error');
  });

  test('exits 4 for a missing script, which belongs to the plan and not to a toolchain', async () => {
    const plan = await genericPlan({ build: './none.sh', run: 'true' });
    const { code, stderr } = await tg(await bareMachine(), single(plan));
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(/does not build with exec:generic: \.\/none\.sh/),
    ]);
  });

  test('exits 5 for a Go plan, and names the plan and where to get Go', async () => {
    const plan = await folderWith({
      'manifest.toml':
        'name = "p"\n[defaults]\nbuilder = "exec:go"\n[[testcases]]\nname = "t"\ninstances = { min = 1, max = 1, default = 1 }\n',
      'go.mod': 'module example.org/p\n\ngo 1.20\n',
      'main.go': 'package main\n\nfunc main() {}\n',
    });
    const { code, stderr } = await tg(await bareMachine(), single(plan));
    expect([code, stderr]).toEqual([
      5,
      `error: ${plan}: exec:go needs go, which cannot be started\n  Install go (https://go.dev/dl), or put it on PATH.\n`,
    ]);
  });

  test('finds shell commands, tg itself, and programs on a PATH from --env or the run line', async () => {
    const machine = await bareMachine();
    for (const run of ['ulimit -n', 'tg version', 'type cd', '(exit 0)', '  true']) {
      const { code, all } = await tg(machine, single(await genericPlan({ run })));
      expect([run, code, code === 0 ? '' : all]).toEqual([run, 0, '']);
    }
    const bin = await folderWith({});
    await writeFile(join(bin, 'my-python'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    const plan = await genericPlan({ run: 'my-python main.py' });
    const path = `${bin}:${machine.env['PATH']}`;
    expect((await tg(machine, single(plan, '--env', `PATH=${path}`))).code).toBe(0);
    const inLine = await genericPlan({ run: `PATH=${bin} my-python main.py` });
    expect((await tg(machine, single(inLine))).code).toBe(0);
    await rm(join(bin, 'my-python'));
    expect((await tg(machine, single(plan, '--env', `PATH=${path}`))).code).toBe(5);
  });

  test('lists each missing toolchain in tg healthcheck, which exits 0', async () => {
    const { code, stdout } = await tg(await bareMachine(), ['healthcheck', '--fix']);
    expect(code).toBe(0);
    for (const [name, text] of [
      ['go', 'plans in Go cannot be built'],
      ['cargo', 'plans in Rust cannot be built'],
      ['python3', 'plans in Python cannot be run'],
      ['uv', 'plans that uv builds cannot be built'],
    ])
      expect(stdout).toContain(`- ${name}: missing; ${name} not found: ${text}`);
  });
});
