import { statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { type Machine, root, single, someMachine, tg } from '../support/tg.ts';

const line = `exec "$0" ${join(root, 'bin', 'tg.js')} "$@"`;

/** Runs the built tg with its output redirected by a shell. */
async function redirected({ cwd, env }: Machine, to: string, args: readonly string[]) {
  const options = { cwd, env, extendEnv: false, reject: false, stdin: 'ignore' } as const;
  const { exitCode, stdout, stderr } = await execa(
    'bash',
    ['-c', `${line} ${to}`, process.execPath, ...args],
    options,
  );
  return { code: exitCode, stdout, stderr };
}

describe.concurrent('tg with its output on a full disk', { tags: ['linux'] }, () => {
  const machine: Machine[] = [];
  let ids: readonly string[] = [];
  const its = () => machine[0] as Machine;

  beforeAll(async () => {
    machine.push(await someMachine());
    const plan = await sdkPlanWith("runenv.R().recordPoint('m', 1);");
    const runs = [await tg(its(), single(plan)), await tg(its(), single(plan))];
    ids = runs.map(({ runId }) => runId);
  });

  test.each([
    ['--help'],
    ['--version'],
    ['version'],
    ['run', 'single', '--help'],
    ['tasks'],
    ['tasks', '--json'],
    ['status'],
    ['status', '--json'],
    ['status', '--extended'],
    ['why'],
    ['why', '--json'],
    ['logs'],
    ['metrics'],
    ['metrics', '--json'],
    ['metrics', '--csv'],
    ['metrics', '--format', 'csv'],
    ['metrics', '--format', 'influx'],
    ['metrics', '--format', 'prometheus'],
    ['metrics', '--format', 'parquet'],
    ['report', '-o', '-'],
    ['report', '-o', 'page.html'],
    ['report', '--watch'],
    ['collect', 'latest', '-o', '-'],
    ['collect', 'latest', '-o', 'a.tgz'],
    ['completion', 'bash'],
    ['schema', 'events'],
    ['describe', '-p', 'example'],
    ['describe', '-p', 'example', '--json'],
    ['describe', '-p', 'example', '-t', 'output'],
    ['plan', 'list'],
    ['plan', 'create', '-p', 'mine'],
    ['healthcheck'],
    ['prune', '--older-than', '100d'],
    ['terminate', '--all'],
    ['sync-service', '--port', '0'],
    ['__complete', 'run'],
    ['build', 'single', '-p', 'example', '-q'],
    ['run', 'single', '-p', 'example', '-t', 'output', '--dry-run'],
    ['run', 'single', '-p', 'example', '-t', 'output', '--list', '--json'],
    ['run', 'single', '-p', 'example', '-t', 'output'],
    ['run', 'single', '-p', 'example', '-t', 'output', '--json'],
    ['run', 'single', '-p', 'example', '-t', 'output', '--junit', '-'],
    ['run', 'single', '-p', 'example', '-t', 'output', '-O', '-'],
    ['run', 'single', '-p', 'example', '-t', 'output', '-o', '-'],
    ['run', 'single', '-p', 'example', '-t', 'output', '--detach'],
  ])('reports it and exits 5: tg %s %s %s %s %s %s %s %s', async (...args) => {
    const { code, stderr } = await redirected(its(), '>/dev/full', args);
    expect([code, stderr]).toEqual([5, expect.stringMatching(/ENOSPC|the disk is full/)]);
    expect(stderr).not.toContain('bug in tg');
  });

  test('exits 5 if only a part of the output fits', async () => {
    // At a file size limit of 16 KiB, the rest of a write that fits in part fails with EFBIG.
    const page = join(its().cwd, 'limited.html');
    const options = {
      cwd: its().cwd,
      env: its().env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    } as const;
    const limited = `ulimit -f 16; ${line} >${page}`;
    for (const args of [
      ['report', '-o', '-'],
      ['schema', 'events'],
    ]) {
      const { exitCode, stderr } = await execa('bash', ['-c', limited, process.execPath, ...args], options);
      expect([exitCode, stderr, statSync(page).size]).toEqual([5, expect.stringContaining('EFBIG'), 16_384]);
    }
  });

  test('exits 5 in tg compare, in all its formats', async () => {
    for (const more of [[], ['--json'], ['--html', '-']])
      expect((await redirected(its(), '>/dev/full', ['compare', ...ids, ...more])).code).toBe(5);
  });

  test('exits 0 if the command prints nothing, and keeps the exit code of a failure', async () => {
    expect(await redirected(its(), '>/dev/full', ['tasks', '--json', '--plan', 'none'])).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect((await redirected(its(), '>/dev/full', ['plan', 'rm', '-p', 'none'])).code).toBe(2);
    const fails = single(await planWith('process.exit(3)'));
    expect((await redirected(its(), '>/dev/full', fails)).code).toBe(1);
  });

  test('exits 5 if stderr is full and needed, and 0 if it is not needed', async () => {
    expect((await redirected(its(), '2>/dev/full', ['no-such-command'])).code).toBe(5);
    expect((await redirected(its(), '2>/dev/full', ['collect', 'latest', '-o', '-'])).code).toBe(5);
    expect(await redirected(its(), '2>/dev/full', ['version'])).toMatchObject({ code: 0 });
  });

  test('exits 0 if the reader of a pipe closes it early', async () => {
    const [id] = ids;
    for (const args of [
      `logs ${id}`,
      'tasks',
      'schema events',
      `report ${id} -o -`,
      `metrics ${id} --format csv`,
    ]) {
      const { stdout, stderr } = await redirected(
        its(),
        `${args} | head -c 1 >/dev/null; echo "\${PIPESTATUS[0]}"`,
        [],
      );
      expect([args, stdout, stderr]).toEqual([args, '0', '']);
    }
  });
});
