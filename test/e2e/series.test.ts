import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonEventSchema } from '../../src/cli/output/json/json-events.ts';
import { planWith } from '../support/plans.ts';
import { tempDir } from '../support/temp.ts';
import { idOnceSaid, type Machine, onceSaid, someMachine, startTg, tg } from '../support/tg.ts';

/** Prints the number of instances, and fails with the parameter `do=fail`. */
const code = `
const params = Object.fromEntries(process.env.TEST_INSTANCE_PARAMS.split('|').map((pair) => pair.split('=')));
console.log(process.env.TEST_INSTANCE_COUNT);
if (params.do === 'fail') process.exit(3);
`;
const params = 'do = { type = "string", default = "pass" }';

interface Started {
  readonly machine: Machine;
  readonly plan: string;
  readonly stdout: string;
  readonly series: string;
  /** The IDs of its runs, in order. */
  readonly ids: readonly string[];
}

async function started(...more: string[]): Promise<Started> {
  const machine = await someMachine();
  const plan = await planWith(code, { params });
  const { stdout } = await tg(machine, ['run', 'single', plan, '-i', '1', ...more]);
  const [, series = ''] = /series ID: (s[0-9a-v]{20})\n/.exec(stdout) ?? [];
  const ids = [...stdout.matchAll(/run is queued with ID: (\S+)/g)].map(([, id = '']) => id);
  return { machine, plan, stdout, series, ids };
}

describe.concurrent('a series of runs', () => {
  test('varies instances, run configuration and parameters, and ends with a table of them', async () => {
    const axes = ['instances=1,3', 'run.timeout=1m,2m', 'do=pass,fail'];
    const { stdout, series, ids } = await started(...axes.flatMap((axis) => ['--matrix', axis]));
    expect(ids).toHaveLength(8);
    expect(series).not.toBe('');
    const lines = stdout.split('\n');
    const head = lines.findIndex((line) => line.startsWith('instances  run.timeout  do    outcome'));
    const rows = lines.slice(head + 1, head + 9).map((line) => line.split(/ {2,}/).slice(0, 4));
    expect(rows).toEqual(
      ['1', '3'].flatMap((instances) =>
        ['1m', '2m'].flatMap((timeout) => [
          [instances, timeout, 'pass', 'success'],
          [instances, timeout, 'fail', 'failure'],
        ]),
      ),
    );
  });

  test('is found by its ID: its runs are listed, and commands for one run take the latest', async () => {
    const { machine, series, ids } = await started('--matrix', 'do=pass,fail', '--label', 'try');
    const listed = await tg(machine, ['tasks', series, '--json']);
    const records = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.map(({ run_id }) => run_id)).toEqual([...ids].reverse());
    expect(records[0]).toMatchObject({
      ...{ labels: ['try'], point: { do: 'fail' }, series: { id: series, round: 1 } },
    });
    const status = await tg(machine, ['status', series.slice(0, 18)]);
    expect(status.stdout).toContain(`ID:\t\t${ids[1]}\n`);
    expect(status.stderr).toBe(
      `note: ${series.slice(0, 18)} names 2 runs: this is the latest of them, ${ids[1]}\n`,
    );
  });

  test('names a round whose outputs were removed, and is named when it is started in the background', async () => {
    const { machine, series, ids } = await started('--repeat', '2');
    const gone = await tg(machine, ['status', ids[0] ?? '']);
    expect([gone.code, gone.stderr]).toEqual([
      3,
      `error: the outputs of the run ${ids[0]} were removed\n  It was round 1 of the series ${series}, with the outcome success: tg report ${series} has its metrics.\n`,
    ]);
    const plan = await planWith(code, { params });
    const detached = await tg(machine, [
      'run',
      'single',
      plan,
      '-i',
      '1',
      '--repeat',
      '2',
      '--detach',
      '--json',
    ]);
    expect(JSON.parse(detached.stdout)).toMatchObject({ series: expect.stringMatching(/^s[0-9a-v]{20}$/) });
  });

  test('is none for a single run', async () => {
    const { series, ids, machine } = await started();
    expect([series, ids.length]).toEqual(['', 1]);
    const record = JSON.parse((await tg(machine, ['status', '--json'])).stdout);
    expect(record).toMatchObject({ series: null, point: {}, labels: [] });
    expect(readdirSync(join(machine.home, 'data'))).not.toContain('series');
  });

  test('still says which rounds passed after their outputs were removed', async () => {
    const { machine, series, ids } = await started('--repeat', '3');
    expect(ids).toHaveLength(3);
    const kept = await tg(machine, ['tasks', series]);
    expect(ids.filter((id) => kept.stdout.includes(id))).toEqual([ids[2]]);
    for (const folder of readdirSync(join(machine.home, 'data', 'outputs', 'local_exec')))
      rmSync(join(machine.home, 'data', 'outputs', 'local_exec', folder), { recursive: true });
    const gone = await tg(machine, ['status', series]);
    expect([gone.code, gone.stderr]).toEqual([
      3,
      `error: no run of the series ${series} is kept\n  Of rounds that pass, the outputs of the last one are kept, and of all with --keep-passed.\n`,
    ]);
  });
});

describe.concurrent('runs side by side', () => {
  /** The first run passes at once; later ones wait until there are four. */
  const meeting = `
const { mkdtempSync, readdirSync } = await import('node:fs');
const { setTimeout: sleep } = await import('node:timers/promises');
mkdtempSync(process.env.MEETING + '/');
const there = () => readdirSync(process.env.MEETING).length;
if (there() > 1) while (there() < 4) await sleep(20);
if (process.env.TEST_INSTANCE_PARAMS === 'do=fail') process.exit(3);
`;

  async function together(...more: string[]) {
    const machine = await someMachine();
    const plan = await planWith(meeting, { params });
    const env = ['--env', `MEETING=${await tempDir()}`];
    const series = ['--repeat', '4', '--jobs', '3', '--keep-passed', '--timeout', '60s'];
    const run = await tg(machine, ['run', 'single', plan, '-i', '1', ...series, ...env, ...more]);
    return { machine, run };
  }

  test('are carried out at the same time after the first one, and each is shown in one piece', async () => {
    const { machine, run } = await together('--tp', 'do=fail', '--junit', 'runs.xml');
    expect(run.code).toBe(1);
    const pieces = run.stdout.split('run is queued with ID: ').slice(1);
    expect(pieces).toHaveLength(4);
    for (const piece of pieces) {
      const [, id] = /^(\S+)/.exec(piece) ?? [];
      expect(piece).toMatch(
        new RegExp(`^${id}\\n[^]*exited with status 3[^]*finished run with ID: ${id}\\n`),
      );
    }
    const rounds = [...run.stdout.matchAll(/result default\[(\S+)\]: failure/g)].map(([, id]) => id);
    const listed = await tg(machine, ['tasks', '--json']);
    const records = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const inOrder = records.toSorted((one, other) => one.series.round - other.series.round);
    expect(rounds).toEqual(inOrder.map(({ run_id }) => run_id));
    expect(inOrder.map(({ result }) => result.side_by_side)).toEqual([1, 3, 3, 3]);
    const cases = readFileSync(join(machine.cwd, 'runs.xml'), 'utf8').match(/<testcase [^>]*>/g) ?? [];
    expect(cases).toHaveLength(4);
    for (const text of cases) expect(Number(/ time="([\d.]+)"/.exec(text)?.[1])).toBeGreaterThan(0);
  });

  test('cannot be shown line by line, except as JSON', async () => {
    const { run } = await together('--verbose');
    expect(run.stderr).toContain(
      'error: --jobs --verbose: the lines of runs at the same time are not printed\n',
    );
    expect(run.code).toBe(2);
  });

  test('have their own run ID in each event of --json', async () => {
    const { run } = await together('--json');
    const events = run.stdout
      .trim()
      .split('\n')
      .map((line) => jsonEventSchema.parse(JSON.parse(line)));
    const byRun = new Map<string | null, string[]>();
    for (const { run_id, type } of events) byRun.set(run_id, [...(byRun.get(run_id) ?? []), type]);
    expect(byRun.get(null)).toEqual(['finished']);
    byRun.delete(null);
    expect(byRun.size).toBe(4);
    for (const types of byRun.values()) {
      expect([types[0], types.at(-1)]).toEqual(['run-queued', 'run-ended']);
      expect(types.filter((type) => type === 'instance-exited')).toHaveLength(1);
    }
  });

  test('end all at Ctrl-C, and none begins after it', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log("here I am"); setInterval(() => {}, 1000)');
    const run = startTg(machine, [
      'run',
      'single',
      plan,
      '-i',
      '1',
      '--repeat',
      '5',
      '--jobs',
      '2',
      '--json',
    ]);
    await onceSaid(run, 'here I am');
    run.kill('SIGINT');
    const { exitCode, stdout } = await run;
    expect(exitCode).toBe(130);
    const [last = ''] = String(stdout).trim().split('\n').slice(-1);
    expect(JSON.parse(last).runs.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['canceled']);
  });
});

describe.concurrent('tg prune', () => {
  test('removes the records of old series, but not that of an active one', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log("here I am"); setInterval(() => {}, 1000)');
    const run = startTg(machine, ['run', 'single', plan, '-i', '1', '--repeat', '2']);
    await idOnceSaid(run, 'here I am');
    const prune = ['prune', '--older-than', '0s', '--yes'];
    expect((await tg(machine, prune)).stdout).not.toContain('series');
    run.kill('SIGTERM');
    const { stdout } = await run;
    const [, series = ''] = /series ID: (\S+)/.exec(String(stdout)) ?? [];
    expect((await tg(machine, prune)).stdout).toMatch(new RegExp(`^series  ${series} `, 'm'));
    expect(readdirSync(join(machine.home, 'data', 'series'))).toEqual([]);
  });
});

describe.concurrent('labels', () => {
  test('name the latest run that has them, in a rerun too, unless it is given others', async () => {
    const { machine, ids } = await started('--label', 'nightly', '--label', 'v1.2');
    const again = await tg(machine, ['rerun', 'nightly']);
    expect(again.stdout).toContain('run is queued with ID');
    const other = await tg(machine, ['rerun', ids[0] ?? '', '--label', 'other']);
    expect(other.code).toBe(0);
    const listed = await tg(machine, ['tasks', 'v1.2', '--json']);
    const labels = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).labels);
    expect(labels).toEqual([
      ['nightly', 'v1.2'],
      ['nightly', 'v1.2'],
    ]);
    const unknown = await tg(machine, ['why', 'nihgtly']);
    expect(unknown.stderr).toBe('error: no run has the ID or label "nihgtly"\n  Did you mean nightly?\n');
  });

  test('that cannot be typed are refused before anything runs', async () => {
    const { stdout } = await started('--label', 'a,b');
    expect(stdout).not.toContain('run is queued');
  });
});

describe.concurrent('an archive', () => {
  test('is read in place of a run, and leaves nothing behind', async () => {
    const { machine, ids } = await started('--tp', 'do=fail');
    const file = join(await tempDir(), 'a.tgz');
    expect((await tg(machine, ['collect', 'latest', '-o', file])).code).toBe(0);
    const elsewhere = await someMachine();
    const why = await tg(elsewhere, ['why', file]);
    expect(why.stdout).toContain(`run ${ids[0]} of p:t: complete, outcome failure`);
    expect((await tg(elsewhere, ['logs', file])).stdout).toContain('single[000]');
    expect(readdirSync(elsewhere.temp)).toEqual([]);
  });

  test('that holds no run, or is damaged, is refused', async () => {
    const { machine } = await started();
    const file = join(await tempDir(), 'a.tgz');
    const folder = join(await tempDir(), 'b.tgz');
    writeFileSync(file, 'not an archive');
    mkdirSync(folder);
    for (const wrong of [file, folder]) {
      const { code, stderr } = await tg(machine, ['why', wrong]);
      expect([code, stderr]).toEqual([3, expect.stringContaining('error: ')]);
      expect(stderr).toContain(wrong);
    }
  });
});
