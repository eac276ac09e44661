import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { ended, type Machine, outputsOf, root, single, someMachine, tg } from '../support/tg.ts';

/** Runs the built tg with `input` on stdin. */
async function tgWith(machine: Machine, input: string, args: readonly string[]) {
  const { cwd, env } = machine;
  const options = { cwd, env, extendEnv: false, reject: false, input, stripFinalNewline: false } as const;
  return ended(await execa(process.execPath, [join(root, 'bin', 'tg.js'), ...args], options));
}

const compositionOf = (plan: string) => `
[metadata]
name = "c"
[global]
plan = "${plan}"
case = "t"
builder = "exec:node"
runner = "local:exec"
total_instances = 1
[[groups]]
id = "one"
[groups.instances]
count = 1
`;

describe.concurrent('stdin given as -', () => {
  test('is run, described and built as a composition, with paths relative to the current folder', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log("hello")');
    const toml = compositionOf(relative(machine.cwd, plan));
    const run = await tgWith(machine, toml, ['run', 'composition', '-f', '-', '--result-file', 'r.csv']);
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('<< one[000] >> hello')]);
    const described = await tgWith(machine, toml, ['describe', '-f', '-', '--json']);
    expect([described.code, described.stdout]).toEqual([0, expect.stringContaining('"one"')]);
    const built = await tgWith(machine, toml, ['build', 'composition', '-f', '-', '-q']);
    expect([built.code, built.stdout]).toEqual([0, expect.stringMatching(/^exec-node--p-\S+\n$/)]);
  });

  test('is named in errors about the composition, and refused with -a, as artifacts cannot be written to it', async () => {
    const machine = await someMachine();
    const broken = await tgWith(machine, '[global\n', ['run', 'composition', '-f', '-']);
    expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining('stdin:1:')]);
    const empty = await tgWith(machine, '', ['describe', '-f', '-']);
    expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining('stdin: it is empty')]);
    for (const command of ['run', 'build']) {
      const { code, stderr } = await tgWith(machine, '', [command, 'composition', '-f', '-', '-a']);
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining('artifacts cannot be written into a composition that comes from stdin'),
      ]);
    }
  });

  test('is read by tg rerun as a run.json, with --yes', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith('console.log("hello")')));
    const json = readFileSync(join(await outputsOf(machine, runId), 'run.json'), 'utf8');
    const refused = await tgWith(machine, json, ['rerun', '-']);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    const again = await tgWith(machine, json, ['rerun', '-', '--yes']);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('>> hello')]);
    const torn = await tgWith(machine, '{', ['rerun', '-', '--yes']);
    expect([torn.code, torn.stderr]).toEqual([3, expect.stringContaining('stdin: cannot be read as a run')]);
  });
});

describe.concurrent('stdout given as -', () => {
  const machine: Machine[] = [];
  let runId = '';
  const run = (...args: string[]) => tg(machine[0] as Machine, args);

  beforeAll(async () => {
    const its = await someMachine();
    machine.push(its);
    runId = (await tg(its, single(await sdkPlanWith("runenv.R().recordPoint('m', 1);")))).runId;
  });

  test.each([
    [['--junit', '-'], /^<\?xml.*<\/testsuites>\n$/s],
    [['-O', '-'], /^run_id,task_id,outcome,error\ndefault,\S+,success,\n$/],
    [['--result-file', '-', '-q'], /^run_id,/],
  ])('gets only the requested output from tg run %j', async (args, all) => {
    const plan = await planWith('console.log("hello")');
    const { code, stdout, stderr } = await run(...single(plan, ...args));
    expect([code, stdout]).toEqual([0, expect.stringMatching(all)]);
    expect(stderr).toContain('finished run with ID');
  });

  test.each([
    [['metrics', '--format', 'csv', '-o', '-'], /^time,group,.*,point,m,/s],
    [['metrics', '-o', '-'], /^METRIC/],
    [['metrics', '--json', '-o', '-'], /^\{/],
    [['metrics', '--format', 'parquet', '-o', '-'], /^PAR1.*PAR1$/s],
    [['metrics', '--format', 'parquet'], /^PAR1/],
    [['report', '-o', '-'], /^<!doctype html>.*<\/html>\n?$/is],
  ])('gets the output of tg %j', async ([command = '', ...args], all) => {
    const { code, stdout, stderr } = await run(command, runId, ...args);
    expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(all), '']);
  });

  test('is not meant by ./-, which is a file of that name', async () => {
    const its = await someMachine();
    const { code, stdout } = await tg(its, single(await planWith(''), '--junit', './-'));
    expect([code, stdout]).toEqual([0, expect.stringContaining('finished run')]);
    expect(readFileSync(join(its.cwd, '-'), 'utf8')).toMatch(/^<\?xml/);
    writeFileSync(join(its.cwd, '-'), compositionOf(await planWith('')));
    expect((await tg(its, ['describe', '-f', './-'])).code).toBe(0);
  });

  test.each([
    [['--junit', '-', '-O', '-'], '-O -, --junit -: stdout takes one output'],
    [['-o', '-', '--junit', '-'], '-o -, --junit -: stdout takes one output'],
    [['--junit', '-', '--json'], '--junit -, --json: stdout takes one output'],
    [['-o', '-', '--json'], '-o -, --json: stdout takes one output'],
    [['--junit', '-', '--detach'], '--detach: a detached run has no stdout'],
  ])('cannot be used as in tg run %j, which exits 2 before the run begins', async (args, text) => {
    const its = await someMachine();
    mkdirSync(its.home);
    const { code, stdout, stderr } = await tg(its, single(await planWith(''), ...args));
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(text)]);
    expect(existsSync(join(its.home, 'data', 'outputs', 'local_exec', 'p'))).toBe(false);
  });
});
