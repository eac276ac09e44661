import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { tempDir } from '../support/temp.ts';
import { idOnceSaid, type Machine, someMachine, startTg, tg } from '../support/tg.ts';

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
      `error: no run of the series ${series} is kept\n  Outputs of rounds that pass are removed, unless --keep-passed keeps them.\n`,
    ]);
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
