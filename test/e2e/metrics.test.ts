import { readFileSync, statSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { compatPlan } from '../support/compat.ts';
import { someInfluxd } from '../support/influxd.ts';
import { describeWith } from '../support/needs.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import {
  entriesOf,
  idOnceSaid,
  type Machine,
  outputsOf,
  resultOf,
  root,
  single,
  someMachine,
  startTg,
  tg,
} from '../support/tg.ts';
import { toolchainEnv } from '../support/toolchains.ts';

/** Metrics of a run: recorded by the plan; shown, judged and exported by tg. */

let machine: Machine;
let plan: string;
let runId: string;

beforeAll(async () => {
  machine = await someMachine();
  // Instance 0 records 0 to 99, instance 1 records 100 to 199, and so on.
  plan = await sdkPlanWith(
    `
    const index = Number(process.env.TEST_OUTPUTS_PATH.split('/').pop());
    for (let value = 0; value < 100; value++) runenv.R().recordPoint('latency', index * 100 + value);
    runenv.R().recordPoint('size,kind=small', index);
    runenv.R().counter('requests').inc(10 + index);
    runenv.R().meter('events').mark(5);
    const [timer, histogram] = [runenv.R().timer('rtt'), runenv.D().histogram('queue')];
    for (let value = 1; value <= 50; value++) {
      timer.update(value * 1e6);
      histogram.update(value);
    }
    runenv.D().gauge('temperature').update(21.5);
    runenv.D().ewma('load', 0.5).update(10);
  `,
    { manifest: '[metrics.latency]\nunit = "ms"' },
  );
  runId = (await tg(machine, single(plan, '-i', '3', '-q'))).runId;
});

const metrics = async (...args: string[]) => await tg(machine, ['metrics', runId, ...args]);
const rows = async (...args: string[]) => JSON.parse((await metrics('--json', ...args)).stdout).metrics;

describe('tg metrics', () => {
  test('prints a table with a row for each metric and its tags', async () => {
    const { code, stdout } = await metrics('--source', 'results');
    expect(code).toBe(0);
    expect(stdout.replaceAll(/^events .*$/gm, 'events …').replaceAll(/ +$/gm, '')).toMatchInlineSnapshot(`
      "METRIC           TYPE     COUNT      MEAN       P50       P95       P99       MAX  UNIT
      events …
      latency          point      300     149.5     149.5    284.05    296.01       299  ms
      requests         counter     33        11        11      11.9     11.98        12
      rtt              timer      150  25500000  25500000  47550000  49510000  50000000  ns
      size,kind=small  point        3         1         1       1.9      1.98         2
      "
    `);
  });

  test('lists results before diagnostics with --json, with type and count of each metric', async () => {
    const all: { metric: string; type: string; count: number }[] = await rows();
    const reported = all.filter(({ metric }) => !metric.startsWith('process.'));
    expect(reported.map(({ metric, type, count }) => `${metric} ${type} ${count}`)).toEqual([
      'events meter 15',
      'latency point 300',
      'requests counter 33',
      'rtt timer 150',
      'size point 3',
      'load ewma 3',
      'queue histogram 150',
      'temperature gauge 3',
    ]);
  });

  test('has a row for each group of a run, and filters by group', async () => {
    const own = await someMachine();
    const group = (id: string, count: number) =>
      `[[groups]]\nid = "${id}"\ninstances = { count = ${count} }\n`;
    await writeFile(
      join(own.cwd, 'c.toml'),
      `[global]\nplan = "${plan}"\ncase = "t"\n${group('one', 1)}${group('two', 2)}`,
    );
    const run = await tg(own, ['run', 'composition', '-f', 'c.toml', '-q']);
    expect(run.code).toBe(0);
    const shown = async (...args: string[]) => (await tg(own, ['metrics', 'latest', ...args])).stdout;
    const table = await shown('-n', 'latency', '-n', 'requests', '-n', 'queue');
    expect(table.replaceAll(/ +$/gm, '')).toMatchInlineSnapshot(`
      "METRIC    TYPE       GROUP  COUNT  MEAN   P50     P95     P99  MAX  UNIT  SOURCE
      latency   point      one      100  49.5  49.5   94.05   98.01   99  ms    results
      latency   point      two      200  99.5  99.5  189.05  197.01  199  ms    results
      requests  counter    one       10    10    10      10      10   10        results
      requests  counter    two       21  10.5  10.5   10.95   10.99   11        results
      queue     histogram  one       50  25.5  25.5   47.55   49.51   50        diagnostics
      queue     histogram  two      100  25.5  25.5   47.55   49.51   50        diagnostics
      "
    `);
    for (const [instances, row] of [
      ['two', 'latency,,point,results,two,200,99.5,0,'],
      ['two[1]', 'latency,,point,results,two,100,149.5,100,'],
    ] as const) {
      const [, ...rows] = (await shown('--csv', '-n', 'latency', '-i', instances)).trimEnd().split('\n');
      expect(rows).toEqual([expect.stringContaining(row)]);
    }
    const series = `metric="latency"} `;
    const exported = await shown('--format', 'prometheus', '-n', 'latency');
    expect(exported).toContain(`group_id="one",${series}99\n`);
    expect(exported).toContain(`group_id="two",${series}199\n`);
  });

  test('has the units that the manifest declares, with --json, after a rerun, and of an unpacked archive', async () => {
    const units = async (run: string) => {
      const { stdout } = await tg(machine, [
        'metrics',
        run,
        '--json',
        '-n',
        'latency',
        '-n',
        'rtt',
        '-n',
        'size',
      ]);
      return JSON.parse(stdout).metrics.map(({ unit }: { unit: string | null }) => unit);
    };
    expect(await units(runId)).toEqual(['ms', 'ns', null]);
    expect(await units((await tg(machine, ['rerun', runId, '-q', '--yes'])).runId)).toEqual([
      'ms',
      'ns',
      null,
    ]);
    expect(await units(await outputsOf(machine, runId))).toEqual(['ms', 'ns', null]);
  });

  test('filters by name, instance, source and time', async () => {
    expect(await rows('-n', 'lat*', '-i', 'single[1]')).toMatchObject([
      { metric: 'latency', count: 100, min: 100, max: 199 },
    ]);
    expect(await rows('-n', 'lat*', '-i', '0', '-i', '2')).toMatchObject([{ count: 200, min: 0, max: 299 }]);
    expect(await rows('-n', 'size,kind=small')).toMatchObject([{ tags: 'kind=small' }]);
    expect(
      (await rows('--source', 'diagnostics', '-n', 't*')).map((row: { metric: string }) => row.metric),
    ).toEqual(['temperature']);
    expect(await rows('--since', '1h')).toEqual([]);
    expect(await rows('--until', '0s')).toEqual([]);
    expect(await rows('-n', 'latency', '--since', '0s', '--until', '1h')).toMatchObject([{ count: 300 }]);
    expect(await rows('-n', 'latency', '--since', '2020-01-31T12:00:00Z')).toMatchObject([{ count: 300 }]);
  });

  test('prints the table with --csv, and every value with --format csv', async () => {
    const table = (await metrics('--csv', '-n', 'latency')).stdout;
    expect(table).toBe(
      'metric,tags,type,source,group,count,mean,min,p50,p95,p99,max,unit\nlatency,,point,results,single,300,149.5,0,149.5,284.05,296.01,299,ms\n',
    );
    const values = (await metrics('--format', 'csv', '-n', 'latency', '-i', '1')).stdout
      .trimEnd()
      .split('\n');
    expect(values[0]).toBe('time,group,instance,source,type,name,tags,measure,value');
    expect(values.slice(1).map((line) => line.replace(/^\d{19},/, ''))).toEqual(
      Array.from({ length: 100 }, (_, value) => `single,1,results,point,latency,,value,${100 + value}`),
    );
  });

  test('prints counters and summaries with their labels with --format prometheus', async () => {
    const { stdout } = await metrics('--format', 'prometheus', '--source', 'results');
    const label = `run="${runId}",plan="p",case="t",group_id="single"`;
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        '# TYPE testground_results_requests_counter_total counter',
        `testground_results_requests_counter_total{${label},metric="requests"} 33`,
        '# HELP testground_results_latency_point in ms',
        '# TYPE testground_results_latency_point summary',
        `testground_results_latency_point{${label},metric="latency",quantile="0.95"} 284.05`,
        `testground_results_latency_point_sum{${label},metric="latency"} 44850`,
        `testground_results_latency_point_count{${label},metric="latency"} 300`,
        `testground_results_latency_point_max{${label},metric="latency"} 299`,
        `testground_results_events_meter_total{${label},metric="events"} 15`,
        `testground_results_size_point{kind="small",${label},metric="size",quantile="0.5"} 1`,
      ]),
    );
  });

  test('writes the metrics.parquet of the run with --format parquet; collect packs that file', async () => {
    const file = join(machine.cwd, 'all.parquet');
    expect((await metrics('--format', 'parquet', '-o', file)).code).toBe(0);
    const kept = await readFile(join(await outputsOf(machine, runId), 'metrics.parquet'));
    expect((await readFile(file)).equals(kept)).toBe(true);
    await tg(machine, ['collect', runId, '-o', 'a.tgz']);
    expect(await entriesOf(join(machine.cwd, 'a.tgz'))).toContain(`${runId}/metrics.parquet`);
  });

  test('shows what a run in progress has measured so far', async () => {
    const endless = await sdkPlanWith(`
      runenv.R().recordPoint('before', 1);
      runenv.recordMessage('measured');
      await new Promise((resolve) => setTimeout(resolve, 600_000));
    `);
    const run = startTg(machine, single(endless, '-i', '1'));
    const id = await idOnceSaid(run, 'measured');
    const { stdout } = await tg(machine, ['metrics', id, '--csv']);
    run.kill('SIGINT');
    await run;
    expect(stdout).toContain('before,,point,results,single,1,1,1,1,1,1,1\n');
    expect((await tg(machine, ['metrics', id, '--csv'])).stdout).toContain('before,,point,results,single,1,');
  });

  test.each([
    [['-o', 'x'], /the table is always printed on stdout/],
    [['--json', '--csv'], /cannot be used with/],
    [['--since', '10'], /--since: not a time: "10"/],
    [['--since', 'yesterday'], /--since: not a time: "yesterday"/],
    [['-i', 'single[9]'], /no instance "single\[9\]"/],
    [['--format', 'xml'], /Allowed choices are csv, influx, prometheus, parquet/],
    [['--source', 'elsewhere'], /Allowed choices are results, pushed, diagnostics/],
  ])('exits 2 for %j', async (args, words) => {
    const { code, stderr } = await metrics(...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(words)]);
  });
});

describe('when something is wrong with metrics', () => {
  test('invalid lines are reported, fail no instance, and make a threshold unknown', async () => {
    const own = await someMachine();
    const odd = await sdkPlanWith(`
      const { appendFileSync } = await import('node:fs');
      runenv.R().recordPoint('m', 5);
      runenv.R().recordPoint('m', Number.NaN);
      appendFileSync(process.env.TEST_OUTPUTS_PATH + '/results.out', '{"ts":1,"type":"poi');
    `);
    const run = await tg(own, single(odd, '--threshold', 'm:max<9'));
    expect(run.code).toBe(6);
    const lost = '2 lines of single/0/results.out are not valid metrics (no number: m)';
    expect(run.stdout).toContain(`threshold unknown: max of m below 9; it was 5, but ${lost}`);
    expect(run.stdout).toContain(`WARN\t${lost}`);
    expect((await resultOf(own, run.runId)).counts).toEqual({ success: 1 });
    const shown = await tg(own, ['metrics', '-n', 'm', '--csv']);
    expect(shown.stdout).toContain('m,,point,results,single,1,5,');
    expect(shown.stderr).toBe(`warning: ${lost}\n`);
  });

  test.each([
    ['a folder', 'mkdirSync(file)'],
    ['a link to itself', "symlinkSync('results.out', file)"],
  ])(
    '%s in place of results.out is reported, fails no instance, and makes a threshold unknown',
    async (_, make) => {
      const own = await someMachine();
      const odd = await planWith(`
      import { mkdirSync, symlinkSync } from 'node:fs';
      const file = process.env.TEST_OUTPUTS_PATH + '/results.out';
      ${make};
    `);
      const run = await tg(own, single(odd, '-i', '2', '--threshold', 'm:max<9'));
      expect([run.code, (await resultOf(own, run.runId)).counts]).toEqual([6, { success: 2 }]);
      expect(run.stdout).toMatch(
        /WARN\tsingle\/0\/results.out cannot be read: it is a (folder|link), not a file/,
      );
      const shown = await tg(own, ['metrics']);
      expect([shown.code, shown.stderr]).toEqual([
        0,
        expect.stringMatching(/^warning: single\/\d\/results.out cannot be read/),
      ]);
    },
  );

  test('a damaged metrics.parquet is reported, and the files of the instances are read instead', async () => {
    const own = await someMachine();
    const { runId: id } = await tg(own, single(plan, '-i', '2'));
    const index = join(await outputsOf(own, id), 'metrics.parquet');
    const whole = readFileSync(index);
    for (const bytes of [Buffer.alloc(0), Buffer.from('garbage'), whole.subarray(0, whole.length / 2)]) {
      await writeFile(index, bytes);
      const { code, stdout, stderr } = await tg(own, ['metrics', '-n', 'latency', '--csv']);
      expect([code, stderr]).toEqual([
        0,
        expect.stringMatching(/^warning: metrics.parquet is damaged, so tg/),
      ]);
      expect(stdout).toContain('latency,,point,results,single,200,');
    }
  });

  test('a Parquet file is not written to a pipe, which stays there: exit 2', async () => {
    const pipe = join(machine.cwd, 'pipe');
    await execa('mkfifo', [pipe]);
    const { code, stderr } = await metrics('--format', 'parquet', '-o', pipe);
    expect([code, stderr]).toEqual([2, expect.stringContaining('can only be written to a regular file')]);
    expect(statSync(pipe).isFIFO()).toBe(true);
  });

  test('an output that cannot be written exits 5 with one error; without matches no file is written', async () => {
    for (const format of ['csv', 'parquet']) {
      const { code, stderr } = await metrics('--format', format, '-o', '/nonexistent/x');
      expect([code, stderr]).toEqual([
        5,
        expect.stringMatching(/^error: \/nonexistent\/x: the metrics cannot be written/),
      ]);
    }
    const { code, stderr } = await metrics('--format', 'parquet', '-o', 'none', '-n', 'none');
    expect([code, stderr]).toEqual([0, expect.stringContaining('no file was written')]);
  });

  test('secrets are masked in names and tags, both during a run and after it', async () => {
    const own = await someMachine();
    const telling = await sdkPlanWith(
      `const token = runenv.stringParam('token');
       runenv.R().recordPoint('m,token=' + token, 1);
       runenv.R().recordPoint('m of ' + token, 2);
       runenv.recordMessage('measured');
       await new Promise((resolve) => setTimeout(resolve, 600_000));`,
      { params: 'token = { type = "string", secret = true, default = "" }' },
    );
    const run = startTg(own, single(telling, '-i', '1', '--tp', 'token=very secret'));
    const id = await idOnceSaid(run, 'measured');
    const during = await tg(own, ['metrics', id, '-n', 'm*', '--csv']);
    run.kill('SIGINT');
    await run;
    const after = await tg(own, ['metrics', id, '-n', 'm*', '--csv']);
    expect(during.stdout).toContain('m,token=***,point,');
    expect(during.stdout).toContain('m of ***,,point,');
    expect(after.stdout).toMatch(/^m,token=\*+,point,/m);
    expect(after.stdout).toMatch(/^m of \*+,,point,/m);
    expect(during.stdout + after.stdout).not.toContain('secret');
  });
});

describe('thresholds', () => {
  test.each([
    [
      'pass a run if all are met',
      ['latency:p95<300', 'latency:min>-1@single', 'requests:count>32'],
      0,
      'success',
    ],
    ['fail a run if one fails', ['latency:p95<300', 'latency:max<299'], 1, 'failure'],
    ['make the outcome unknown if one is unknown', ['latency:p95<300', 'nothing:max<299'], 6, 'unknown'],
    ['fail a run if one fails and another is unknown', ['nothing:max<299', 'latency:max<299'], 1, 'failure'],
  ])('%s', async (_, thresholds, code, outcome) => {
    const flags = thresholds.flatMap((text) => ['--threshold', text]);
    const run = await tg(machine, single(plan, '-i', '3', ...flags));
    expect(run.code).toBe(code);
    const result = await resultOf(machine, run.runId);
    expect([result.outcome, result.counts]).toEqual([outcome, { success: 3 }]);
    expect(result.thresholds).toHaveLength(thresholds.length);
    for (const { outcome: of } of result.thresholds) expect(run.stdout).toContain(`threshold ${of}: `);
  });

  test('appear in the JUnit report and tg status, and apply again with tg rerun', async () => {
    const run = await tg(
      machine,
      single(plan, '-i', '1', '--threshold', 'latency:max<9', '--junit', 'j.xml'),
    );
    const text = 'threshold failed: max of latency below 9; it was 99';
    expect(readFileSync(join(machine.cwd, 'j.xml'), 'utf8')).toMatch(
      /<testcase name="max of latency below 9"[^>]*>\s*<failure message="threshold failed: max of latency below 9; it was 99"/,
    );
    expect((await tg(machine, ['status', run.runId])).stdout).toContain(`Not passed:\t${text}`);
    const again = await tg(machine, ['rerun', run.runId]);
    expect([again.code, again.stdout]).toEqual([1, expect.stringContaining(text)]);
  });

  test('apply to all runs of a composition or to one of them', async () => {
    await writeFile(
      join(machine.cwd, 'c.toml'),
      `[global]
plan = "${plan}"
case = "t"
[[global.thresholds]]
metric = "latency"
stat = "max"
below = 150
[[groups]]
id = "a"
instances = { count = 1 }
[[groups]]
id = "b"
instances = { count = 2 }
[[runs]]
id = "one"
[[runs.groups]]
id = "a"
[[runs]]
id = "both"
[[runs.thresholds]]
metric = "latency"
stat = "mean"
above = 40
below = 60
group = "a"
[[runs.groups]]
id = "a"
[[runs.groups]]
id = "b"
`,
    );
    const { code, stdout } = await tg(machine, ['run', 'composition', '-f', 'c.toml']);
    expect(code).toBe(1);
    const reported = [...stdout.matchAll(/threshold (.*)$/gm)].map(([, text]) => text);
    expect(reported).toEqual([
      'met: max of latency below 150; it was 99',
      'met: mean of latency above 40 and below 60, in a; it was 49.5',
      'failed: max of latency below 150; it was 199',
    ]);
  });

  test.each([
    ['[[global.thresholds]]\nmetric = "m"\nstat = "p95"', /must have a bound: below, above, or both/],
    ['[[global.thresholds]]\nmetric = "m"\nstat = "p42"\nbelow = 1', /stat/],
    [
      '[[global.thresholds]]\nmetric = "m"\nstat = "p95"\nbelow = 1\ngroup = "x"',
      /for the group "x", which the run does not have/,
    ],
  ])('are refused with exit 2 in a composition: %j', async (toml, words) => {
    const text = `[global]\nplan = "${plan}"\ncase = "t"\n${toml}\n[[groups]]\nid = "a"\ninstances = { count = 1 }\n`;
    await writeFile(join(machine.cwd, 'w.toml'), text);
    const { code, stderr } = await tg(machine, ['run', 'composition', '-f', 'w.toml']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(words)]);
  });
});

describeWith('influxd', 'metrics exported to a real InfluxDB', () => {
  test('can be queried there with all their values', async () => {
    const influxd = await someInfluxd();
    const { stdout } = await metrics('--format', 'influx');
    await fetch(`${influxd.url}/query?q=CREATE+DATABASE+testground`, { method: 'POST' });
    const { status } = await fetch(`${influxd.url}/write?db=testground&precision=ns`, {
      method: 'POST',
      body: stdout,
    });
    expect(status).toBe(204);
    expect(await influxd.query('SELECT count(value) FROM "results.p-t.latency.point"')).toEqual([[0, 300]]);
    expect(
      await influxd.query(
        `SELECT max(value) FROM "results.p-t.latency.point" WHERE instance = '1' AND run = '${runId}'`,
      ),
    ).toEqual([[expect.any(Number), 199]]);
    for (const [fields, name, values] of [
      ['sum("count")', 'results.p-t.requests.counter', [33]],
      ['sum("count"), count(m1)', 'results.p-t.events.meter', [15, 3]],
      ['sum("count"), max("max"), max(p95)', 'results.p-t.rtt.timer', [150, 50_000_000, 47_550_000]],
      ['sum("count"), min("min"), mean(mean)', 'diagnostics.p-t.queue.histogram', [150, 1, 25.5]],
      ['count(rate)', 'diagnostics.p-t.load.ewma', [3]],
      ['sum(value)', 'diagnostics.p-t.temperature.gauge', [64.5]],
    ] as const)
      expect([name, await influxd.query(`SELECT ${fields} FROM "${name}"`)]).toEqual([
        name,
        [[expect.any(Number), ...values]],
      ]);
  });
});

describeWith('influxd', 'metrics forwarded to a real InfluxDB with --influxdb', () => {
  test('have as many values of each metric as tg counts', async () => {
    const { url, query } = await someInfluxd();
    const run = await tg(machine, single(plan, '-i', '3', '--influxdb', url));
    expect([run.code, run.stderr]).toEqual([0, '']);
    const { stdout } = await tg(machine, ['metrics', run.runId, '--json']);
    const countOf = (type: string, from: string) => {
      if (type === 'counter') return `SELECT sum("count") FROM ${from}`;
      if (type === 'point' || type === 'gauge') return `SELECT count(value) FROM ${from}`;
      if (type === 'ewma') return `SELECT count(rate) FROM ${from}`;
      // Each instance writes a meter, a histogram or a timer as a total.
      return `SELECT sum(total) FROM (SELECT last("count") AS total FROM ${from} GROUP BY instance)`;
    };
    const recorded = JSON.parse(stdout).metrics;
    expect(new Set(recorded.map(({ type }: { type: string }) => type))).toEqual(
      new Set(['counter', 'ewma', 'gauge', 'histogram', 'meter', 'point', 'timer']),
    );
    for (const { metric, type, source, tags, count } of recorded) {
      const from = `"${source}.p-t.${metric}.${type}" WHERE run = '${run.runId}'`;
      const rows = await query(countOf(type, from));
      expect([metric, tags, rows]).toEqual([metric, tags, [[0, count]]]);
    }
    const [[, most] = []] = await query(
      `SELECT max(value) FROM "results.p-t.latency.point" WHERE instance = '1' AND group_id = 'single'`,
    );
    expect(most).toBe(199);
  });

  test('give data to each panel of the Grafana dashboard', async () => {
    const { url, query } = await someInfluxd();
    const { runId } = await tg(machine, single(plan, '-i', '3', '--influxdb', url));
    const dashboard = JSON.parse(readFileSync(join(root, 'docs', 'grafana', 'tg-runs.json'), 'utf8'));
    const [run, metric] = dashboard.templating.list;
    expect((await query(run.query)).map(([, value]) => value)).toContain(runId);
    const metrics = (await query(metric.query)).map(([name]) => name);
    expect(metrics).toEqual(expect.arrayContaining(['results.p-t.latency.point']));
    for (const { title, targets } of dashboard.panels) {
      // Grafana replaces these variables.
      const asked = targets[0].query
        .replaceAll('$run', runId)
        .replaceAll('$metric', 'results.p-t.latency.point')
        .replaceAll('$timeFilter', 'time > now() - 1h')
        .replaceAll('$__interval', '10s');
      expect([title, (await query(asked)).length > 0]).toEqual([title, true]);
    }
  });

  test('arrive while the run is in progress', async () => {
    const { url, query } = await someInfluxd();
    const endless = await sdkPlanWith(`
      runenv.R().recordPoint('before', 1);
      await new Promise((resolve) => setTimeout(resolve, 600_000));
    `);
    const run = startTg(machine, single(endless, '-i', '1', '--influxdb', url));
    while ((await query('SELECT count(value) FROM "results.p-t.before.point"')).length === 0);
    run.kill('SIGINT');
    expect((await run).exitCode).toBe(130);
  });

  test('leave no file for an instance that measures nothing', async () => {
    const { url } = await someInfluxd();
    const silent = await planWith('console.log("hello")');
    const { runId, code } = await tg(machine, single(silent, '--influxdb', url));
    expect(code).toBe(0);
    expect((await readdir(join(await outputsOf(machine, runId), 'single', '0'))).sort()).toEqual([
      'run.err',
      'run.out',
    ]);
  });
});

describeWith('go', 'metrics of the Go SDK', () => {
  test('count once, although the SDK writes them to files and to INFLUXDB_URL', async () => {
    const own = await someMachine(toolchainEnv());
    const run = await tg(
      own,
      single(compatPlan, '-b', 'exec:go', '-t', 'metrics', '-i', '2', '--threshold', 'temperature:max<22.5'),
    );
    expect(run.code).toBe(0);
    const { stdout } = await tg(own, ['metrics', '--csv']);
    expect(stdout).toContain('temperature,place=here,point,results,single,6,21,20,21,22,22,22\n');
    expect(stdout).toContain('noise,,point,diagnostics,single,6,1,0,1,2,2,2\n');
  });
});

describe('tg compare', () => {
  const measuring = (values: string) =>
    sdkPlanWith(
      `const index = Number(process.env.TEST_OUTPUTS_PATH.split('/').pop());
       for (const value of ${values}) runenv.R().recordPoint('latency', value);`,
      { params: 'by = { type = "int", default = 0 }' },
    );

  test('shows which settings of two runs differ, both values of each metric, and how likely chance is', async () => {
    const own = await someMachine();
    const measured = await measuring("[index, index + Number(runenv.intParam('by'))]");
    const [first, second] = [
      (await tg(own, single(measured, '-i', '5', '--tp', 'by=0'))).runId,
      (await tg(own, single(measured, '-i', '5', '--tp', 'by=20'))).runId,
    ];
    const { code, stdout } = await tg(own, ['compare', first, second]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `A: by=0 (p:t, 5 instances); ${first}\nB: by=20 (p:t, 5 instances); ${second}\n`,
    );
    expect(stdout).toContain('their settings differ:\n  parameter by: 0, 20\n');
    expect(stdout).toMatch(
      /^latency +mean +2 +\S+\.\.\S+ +12 +\S+\.\.\S+ +\+500\.0 % +\S+\.\.\S+ % +0\.00\d\d +\* +5, 5 instances$/m,
    );
    expect(stdout).toMatch(/^run, ms +mean +\S+ +\S+ +\S+ %.* 1, 1 runs$/m);
    const named = await tg(own, ['compare', first, second, '-n', 'lat*', '--json']);
    expect(JSON.parse(named.stdout)).toMatchObject({
      version: 1,
      baseline: 'A',
      method: 'Mann–Whitney U, two-sided',
      sides: [
        { name: 'A', title: 'by=0', runs: [first] },
        { name: 'B', title: 'by=20', runs: [second] },
      ],
      differ: ['parameter by: 0, 20'],
      metrics: [
        { metric: 'latency', sides: [{ value: 2 }, { value: 12, change: 5, of: 'instance', count: 5 }] },
      ],
    });
  });

  test('compares repeated runs run by run', async () => {
    const own = await someMachine();
    const measured = await measuring('[index]');
    const idsOf = async () => {
      const { stdout } = await tg(own, single(measured, '-i', '2', '--repeat', '4', '--keep-passed'));
      return [...stdout.matchAll(/run is queued with ID: (\S+)/g)].map(([, id]) => id).join(',');
    };
    const { stdout } = await tg(own, ['compare', await idsOf(), await idsOf()]);
    expect(stdout).toMatch(/^A: p:t, 2 instances; 4 runs, from \S+$/m);
    expect(stdout).toContain('their settings are the same\n');
    expect(stdout).toMatch(
      /^latency +mean +0\.5 +0\.5\.\.0\.5 +0\.5 +0\.5\.\.0\.5 +0\.0 % +0\.0\.\.0\.0 % +1\.0000 +4, 4 runs$/m,
    );
    expect(stdout).toMatch(/^run, ms +mean .* 4, 4 runs$/m);
  });

  test.each([
    [['latest'], 2, /a comparison needs at least two sides/],
    [['latest', 'latest'], 2, /the run \S+ is given twice/],
    [['latest', '00000000000000000000'], 3, /00000000000000000000/],
  ])('refuses %j', async (args, code, words) => {
    const ended = await tg(machine, ['compare', ...args]);
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringMatching(words)]);
  });
});
