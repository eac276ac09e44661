import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { LineFormat } from '../../src/cli/output/lines.ts';
import { OrderedOutput } from '../../src/cli/output/ordered-output.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import { ended, outputsOf, root, single, someMachine, tg } from '../support/tg.ts';

describe.concurrent('tg', () => {
  test('shows the logs of a run with a torn result.json', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith('console.log("hello")')));
    writeFileSync(join(await outputsOf(machine, runId), 'result.json'), '{"version": 1, "run_');
    const { code, all } = await tg(machine, ['logs', runId]);
    expect([code, all]).toEqual([0, expect.stringContaining('hello')]);
  });

  test('exits 5 if a command needs a working directory that no longer exists; other commands work', async () => {
    const machine = await someMachine();
    const gone = join(machine.cwd, 'gone');
    mkdirSync(gone);
    const inGone = async (...args: string[]) => {
      const line = `rmdir ${gone}; exec "$@"`;
      const its = ['-c', line, 'sh', process.execPath, join(root, 'bin', 'tg.js'), ...args];
      mkdirSync(gone, { recursive: true });
      return ended(await execa('sh', its, { cwd: gone, env: machine.env, extendEnv: false, reject: false }));
    };
    for (const args of [['tasks'], ['version'], ['plan', 'list'], ['schema', 'manifest']])
      expect([args, (await inGone(...args)).code]).toEqual([args, 0]);
    for (const args of [
      single('example', '-t', 'output'),
      ['describe', '-p', 'example'],
      ['build', 'single', '-p', 'x'],
    ])
      expect([args, await inGone(...args)]).toMatchObject([
        args,
        { code: 5, stderr: expect.stringContaining('the working directory no longer exists') },
      ]);
    expect((await inGone('rerun', 'latest')).code).toBe(3);
  });

  test.each([
    ['-o', 'no/x.tgz'],
    ['-O', 'no/x.csv'],
    ['--junit', 'no/x.xml'],
    ['-o', 'folder'],
    ['-O', 'folder'],
    ['--junit', 'folder'],
    ['-o', 'x'.repeat(256)],
    ['--junit', 'file/x.xml'],
  ])('refuses %s %s before the run: exit 5, and nothing is created', async (flag, file) => {
    const machine = await someMachine();
    mkdirSync(join(machine.cwd, 'folder'));
    writeFileSync(join(machine.cwd, 'file'), '');
    const run = await tg(machine, single(await planWith(''), flag, file));
    expect([run.code, run.stderr]).toEqual([5, expect.stringContaining('cannot be written')]);
    expect(run.runId).toBe('');
    expect(readdirSync(machine.cwd)).toEqual(['file', 'folder']);
  });

  test('creates no files with --dry-run', async () => {
    const machine = await someMachine();
    const args = ['--dry-run', '-o', 'a.tgz', '-O', 'r.csv', '--junit', 'j.xml'];
    expect((await tg(machine, single(await planWith(''), ...args))).code).toBe(0);
    expect(readdirSync(machine.cwd)).toEqual([]);
  });

  test('writes output files with names of 250 bytes', async () => {
    const machine = await someMachine();
    const name = (what: string) => what.repeat(250);
    const plan = await sdkPlanWith("runenv.R().recordPoint('m', 1);");
    const run = await tg(machine, single(plan, '-o', name('a'), '-O', name('r'), '--junit', name('j')));
    expect(run.code).toBe(0);
    await tg(machine, ['report', run.runId, '-o', 'ä'.repeat(125)]);
    await tg(machine, ['metrics', run.runId, '--format', 'csv', '-o', name('m')]);
    await tg(machine, ['metrics', run.runId, '--format', 'parquet', '-o', name('p')]);
    expect(readdirSync(machine.cwd).sort()).toEqual(
      ['a', 'j', 'm', 'p', 'r'].map(name).concat('ä'.repeat(125)).sort(),
    );
  });

  test('reports a threshold on a metric that was not measured as unknown: exit 6', async () => {
    const machine = await someMachine();
    const run = await tg(machine, single(await sdkPlanWith(''), '--threshold', 'nothing:p95<1'));
    expect(run.code).toBe(6);
    expect(run.stdout).toContain('; 1 of 1 thresholds unknown;');
    expect(run.stdout).toContain('threshold unknown: p95 of nothing below 1');
    expect(run.stdout).not.toContain('not kept');
  });
});

test('a misspelt array of tables in a manifest is reported with its place and a suggestion', async () => {
  const machine = await someMachine();
  const manifest = 'name = "p"\n\n[[testcase]]\nname = "t"\ninstances = { min = 1, max = 1 }\n';
  const dir = await folderWith({ 'manifest.toml': manifest });
  const run = await tg(machine, single(dir, '-b', 'exec:generic'));
  expect([run.code, run.stderr]).toEqual([
    2,
    expect.stringMatching(/manifest\.toml:3:1: unknown key testcase\n.*Did you mean testcases\?/),
  ]);
});

test('an unknown builder exits 2, and the error lists the builders that exist', async () => {
  const { code, stderr } = await tg(await someMachine(), single(await planWith(''), '-b', 'exec:python'));
  expect(code).toBe(2);
  for (const known of ['exec:go', 'exec:node', 'exec:rust', 'exec:generic']) expect(stderr).toContain(known);
});

test('printed times never go back, even if clocks do', () => {
  let printed = '';
  const now = Date.parse('2026-01-31T12:00:00Z');
  const format = new LineFormat(false, () => now);
  {
    using frame = new OrderedOutput((text) => {
      printed += text;
    });
    const at = [0, 40, -3_000, 90_000, 20, 10];
    for (const [index, ms] of at.entries())
      frame.addLine({ group: 'single', index }, ms, 10, () =>
        format.instance({ group: 'single', index }, ms, 'MESSAGE', 'x', now - 1_000 + ms),
      );
    frame.add(() => format.log('INFO', 'x', undefined, now - 2_000));
  }
  const times = printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(0, 22));
  expect(times).toHaveLength(7);
  expect(times).toEqual(times.toSorted());
});
