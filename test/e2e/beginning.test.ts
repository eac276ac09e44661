import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { ended, resultOf, root, single, someMachine, tg } from '../support/tg.ts';

describe.concurrent('a run that cannot start', () => {
  test.each<[string, string, readonly string[], Readonly<Record<string, string>>, number]>([
    ['the plan does not build', 'const x = ;', [], {}, 4],
    ['a toolchain is missing', '', ['-b', 'exec:go'], { PATH: '/nowhere' }, 5],
    ['Redis is unreachable', '', ['--redis', 'redis://127.0.0.1:1'], {}, 5],
  ])(
    'has the outcome error, which testground shows as canceled, if %s',
    async (_, code, flags, env, exit) => {
      const machine = await someMachine(env);
      const plan = await planWith(code, { files: { 'go.mod': 'module p\n', 'main.go': 'package main\n' } });
      const run = await tg(machine, single(plan, ...flags));
      expect([run.code, (await resultOf(machine, run.runId)).outcome]).toEqual([exit, 'error']);
      for (const [name, outcome] of [
        ['tg', 'error'],
        ['testground', 'canceled'],
      ] as const) {
        const status = await tg(machine, ['status', '-t', run.runId], name);
        expect(status.stdout).toMatch(new RegExp(`^Outcome:\\t${outcome}$`, 'm'));
        expect(status.stdout).toMatch(
          new RegExp(`^Status:\\t\\t${name === 'tg' ? 'complete' : 'canceled'}$`, 'm'),
        );
        const tasks = await tg(machine, ['tasks', '--outcome', outcome], name);
        expect(tasks.stdout).toContain(run.runId);
      }
    },
  );

  test('exits 5 before the build if its instances do not fit a limit of the machine, and names the limit', async () => {
    const machine = await someMachine();
    const { cwd, env } = machine;
    const plan = await planWith('const x = ;', { max: 1_000 });
    const command = [process.execPath, join(root, 'bin', 'tg.js'), ...single(plan, '-i', '1000')];
    const run = await execa('prlimit', ['--nofile=256:256', ...command], {
      ...{ cwd, env, extendEnv: false, reject: false },
    });
    expect([run.exitCode, run.stderr]).toEqual([
      5,
      'error: 1000 instances do not fit this machine: they need 3040 open files (ulimit -n)\n  The limit is 256. Raise it, or run fewer instances.',
    ]);
    expect(run.stdout).not.toContain('performing build');
    expect(await resultOf(machine, ended(run).runId)).toMatchObject({
      outcome: 'error',
      error: expect.stringContaining('open files (ulimit -n)'),
    });
  });
});
