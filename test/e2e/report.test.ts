import { readFileSync } from 'node:fs';
import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { extract } from 'tar';
import { describe, expect, test } from 'vitest';
import type { RunReport } from '../../src/report/data.ts';
import { fault } from '../support/faults.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { idOnceSaid, type Machine, outputsOf, single, someMachine, startTg, tg } from '../support/tg.ts';

/** The data embedded in a page. */
function dataIn(page: string): RunReport {
  const data = /<script type="application\/json" id="data"(?: data-live)?>(.*)<\/script>/.exec(page)?.[1];
  return JSON.parse(data ?? 'null');
}

async function reportOf(machine: Machine, ...args: readonly string[]): Promise<RunReport> {
  const { code, stdout } = await tg(machine, ['report', ...args, '-o', '-']);
  expect(code).toBe(0);
  return dataIn(stdout);
}

/** The status of a request with these headers; fetch would override Host. */
async function statusOf(url: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    request(url, { headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
}

const textsOf = ({ log }: RunReport, of: number) => log.text.filter((_, line) => log.of[line] === of);

describe.concurrent('the data of a report', () => {
  test('has the stages, waits, signals, messages and metrics of instances', async ({ expect }) => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `runenv.recordStageStart('begin');
      await init.syncClient.signalAndWait('ready', 3);
      runenv.recordStageEnd('begin');
      runenv.recordStageStart('never left');
      runenv.R().recordPoint('height', init.globalSeq);
      runenv.recordMessage('hello ' + init.globalSeq);`,
      { params: 'a = { type = "int", default = 0 }' },
    );
    const { runId } = await tg(machine, single(plan, '-i', '3', '--tp', 'a=1', '--seed', '7'));
    const report = await reportOf(machine, runId);
    expect(report.about).toMatchObject({
      runId,
      plan: 'p',
      testCase: 't',
      state: 'complete',
      outcome: 'success',
      why: [],
      rerun: `tg rerun ${runId}`,
    });
    expect(report.about.facts).toEqual(expect.arrayContaining([['seed', '7']]));
    expect(report.groups).toEqual([
      { id: 'single', instances: 3, builder: 'exec:node', expect: 'success', params: [['a', '1']] },
    ]);
    expect(report.instances.map(({ outcome }) => outcome)).toEqual(['success', 'success', 'success']);
    for (const { from, to } of report.instances) expect(from).toBeLessThan(to ?? 0);
    const stages = report.stages.filter(({ of }) => of === 0);
    expect(stages.map(({ name }) => name)).toEqual(
      ['network-initialized', 'begin', 'never left'].slice(-stages.length),
    );
    expect(stages.at(-1)?.to).toBe(report.instances[0]?.to);
    expect(report.stageTimes.filter(({ name }) => name !== 'network-initialized')).toMatchObject([
      { name: 'begin', count: 3, unended: 0, times: { slowest: expect.any(Number) } },
      { name: 'never left', count: 0, unended: 3, times: null },
    ]);
    const state = report.states.findIndex(({ name }) => name === 'ready');
    const { at = [], by = [], count } = report.states[state] ?? {};
    expect(count).toBe(3);
    expect([...by].sort()).toEqual([0, 1, 2]);
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    const place = report.barriers.findIndex((barrier) => barrier.state === state);
    expect(report.barriers[place]).toEqual({ state, target: 3 });
    const waits = report.waits.filter(({ barrier }) => barrier === place);
    expect(waits).toHaveLength(3);
    for (const { from, to, passed } of waits) {
      expect(passed).toBe(true);
      expect(to).toBeGreaterThanOrEqual(from);
      expect(to).toBeGreaterThanOrEqual(at.at(-1) ?? 0);
    }
    const height = report.metrics.find(({ name }) => name === 'height');
    expect(height).toMatchObject({
      type: 'point',
      source: 'results',
      group: 0,
      unit: null,
      all: { stats: { count: 3, p50: 2, max: 3 }, points: { value: expect.any(Array) } },
      series: [],
    });
    expect(height?.all.points?.value.toSorted()).toEqual([1, 2, 3]);
    expect(textsOf(report, 0)).toContainEqual(expect.stringMatching(/^hello \d$/));
    expect(report.gaps).toEqual([]);
  });

  test('has one metric for all its tags, with their unit, their thresholds and what they have in common', async ({
    expect,
  }) => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `for (let hop = 1; hop <= 13; hop++)
         for (let value = 1; value <= 100; value++) runenv.R().recordPoint('latency,hop=' + hop, hop * value);
       runenv.R().timer('rtt').update(5e6);`,
      { manifest: '[metrics.latency]\nunit = "ms"' },
    );
    const { runId } = await tg(machine, single(plan, '-i', '2', '-q', '--threshold', 'latency:p95<5000'));
    const report = await reportOf(machine, runId);
    const latency = report.metrics.filter(({ name }) => name === 'latency');
    expect(latency).toMatchObject([
      { unit: 'ms', thresholds: [{ text: 'p95 < 5000', value: 5_000 }], all: { stats: { count: 2_600 } } },
    ]);
    const [{ all, series }] = latency as [RunReport['metrics'][number]];
    // Natural order, as in tg metrics.
    expect(series.map(({ tags }) => tags)).toEqual(Array.from({ length: 13 }, (_, hop) => `hop=${hop + 1}`));
    expect(series.map(({ stats, points }) => [stats.max, points?.value.length])).toEqual(
      Array.from({ length: 13 }, (_, hop) => [100 * (hop + 1), 200]),
    );
    // Of many values, there are quantiles only.
    expect(all.points).toBeNull();
    expect(all.curve.at.length).toBeGreaterThan(0);
    const { share, value } = all.distribution;
    expect(value[share.indexOf(0)]).toBe(1);
    expect(value[share.indexOf(0.99)]).toBe(all.stats.p99);
    expect(Math.max(...share)).toBe(0.9995);
    const rtt = report.metrics.find(({ name }) => name === 'rtt');
    expect(rtt).toMatchObject({ unit: 'ns', all: { points: null } });
    expect(new Set(rtt?.all.curve.p99)).toEqual(new Set([5e6]));
    expect(report.gaps).toEqual([]);
  });

  test('shows which waits are open in a stalled run, and that they were not passed after tg terminate', async ({
    expect,
  }) => {
    const machine = await someMachine();
    const run = startTg(machine, fault('never-comes', '-i', '3'));
    const runId = await idOnceSaid(run, 'starting run');
    const during = async (): Promise<RunReport> => {
      const report = await reportOf(machine, runId);
      return report.about.stood.length > 0 ? report : await during();
    };
    const before = await during();
    expect(before.about).toMatchObject({ state: 'processing', outcome: 'unknown' });
    expect(before.about.stood.join('\n')).toContain('barrier');
    expect(before.instances.map(({ outcome }) => outcome)).toContain('running');
    expect(before.waits.some(({ to }) => to === null)).toBe(true);
    await tg(machine, ['terminate', runId]);
    await run;
    const after = await reportOf(machine, runId);
    expect(after.about).toMatchObject({ state: 'canceled', outcome: 'canceled' });
    expect(after.about.causes[0]?.title).toMatch(/SIGTERM.*: \d instances were ended/);
    expect(after.waits.every(({ to }) => to !== null)).toBe(true);
    expect(after.waits.filter(({ passed }) => !passed)).toHaveLength(
      before.waits.filter(({ to }) => to === null).length,
    );
  });

  test('can come from an unpacked archive, and follows no link or path out of it', async ({ expect }) => {
    const machine = await someMachine();
    const { runId } = await tg(machine, [
      ...single(await sdkPlanWith('runenv.recordMessage("here")')),
      '--collect',
    ]);
    const elsewhere = await someMachine();
    await extract({ file: join(machine.cwd, `${runId}.tgz`), cwd: elsewhere.cwd });
    const report = await reportOf(elsewhere, `./${runId}`);
    expect(report.about).toMatchObject({ runId, outcome: 'success' });
    expect(textsOf(report, 0)).toContain('here');
    expect((await tg(elsewhere, ['report', './nowhere'])).code).toBe(3);
    // Links in an archive of others may lead anywhere.
    const out = join(elsewhere.cwd, runId, 'single', '0', 'run.out');
    await writeFile(join(elsewhere.cwd, 'private'), 'a password\n');
    await rm(out);
    await symlink(join(elsewhere.cwd, 'private'), out);
    const { gaps, log } = await reportOf(elsewhere, `./${runId}`);
    expect(gaps).toContain('the outputs of 1 instance are missing');
    expect(log.text.join()).not.toContain('password');
    const journal = join(elsewhere.cwd, runId, 'journal.ndjson');
    const text = await readFile(journal, 'utf8');
    await writeFile(journal, text.replaceAll('"id":"single"', '"id":".."'));
    expect((await tg(elsewhere, ['report', `./${runId}`])).code).toBe(3);
  });

  test('has verdicts in the log that no instance has reported itself', async ({ expect }) => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith('process.exit(42)'), '-i', '2'));
    const { log, stages } = await reportOf(machine, runId);
    expect(log.text).toEqual(expect.arrayContaining(['failed: exited with status 42']));
    expect(stages).toEqual([]);
  });

  test('has the state interrupted if tg was killed, and covers the run up to its last line', async ({
    expect,
  }) => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(`
      console.error('on stderr');
      runenv.recordMessage('I stay');
      await new Promise(() => setInterval(() => {}, 1_000));`);
    const run = startTg(machine, single(plan, '-i', '2'));
    const words = [0, 1].flatMap((index) => [
      `single[00${index}] >> I stay`,
      `single[00${index}] >> on stderr`,
    ]);
    const runId = await idOnceSaid(run, ...words);
    run.kill('SIGKILL');
    await run;
    const killed = Date.now();
    const { about, instances, log } = await reportOf(machine, runId);
    expect(about.state).toBe('interrupted');
    // The run counts as lasting until its last output.
    expect(about.tookMs).toBeGreaterThanOrEqual(log.at.at(-1) ?? 0);
    expect(about.began + about.tookMs).toBeLessThanOrEqual(killed);
    expect(instances.map(({ outcome }) => outcome)).toEqual(['incomplete', 'incomplete']);
  });

  test('counts a run that is still building from when it was queued', async ({ expect }) => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith('')));
    const outputs = await outputsOf(machine, runId);
    const [first = ''] = (await readFile(join(outputs, 'journal.ndjson'), 'utf8')).split('\n');
    await writeFile(join(outputs, 'journal.ndjson'), `${first}\n`);
    await rm(join(outputs, 'result.json'));
    const { about } = await reportOf(machine, runId);
    expect(about.began).toBe(Date.parse(JSON.parse(first).at));
    expect(about.tookMs).toBeLessThan(60_000);
  });

  test('says why if the plan does not build, and has its instances as never-started', async ({ expect }) => {
    const machine = await someMachine();
    const { runId, code } = await tg(machine, single(await planWith('const const'), '-i', '2'));
    expect(code).toBe(4);
    const { about, instances, gaps } = await reportOf(machine, runId);
    expect(gaps).toEqual([]);
    expect(about.causes).toEqual([
      {
        title: expect.stringContaining('does not build'),
        source: null,
        code: null,
        sections: [{ what: '', lines: expect.arrayContaining([expect.stringMatching(/\S/)]) }],
        example: null,
      },
    ]);
    expect(instances.map(({ outcome }) => outcome)).toEqual(['never-started', 'never-started']);
  });

  test('masks secrets everywhere', async ({ expect }) => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `const its = runenv.stringParam('token');
      runenv.recordMessage('it is ' + its);
      runenv.R().recordPoint('of ' + its, 1);
      await init.syncClient.signalEntry('state ' + its);
      throw new Error('not ' + its);`,
      { params: 'token = { type = "string", secret = true }' },
    );
    const { runId } = await tg(machine, single(plan, '--tp', 'token=hunter2hunter2'));
    const { stdout } = await tg(machine, ['report', runId, '-o', '-']);
    expect(stdout).toContain('it is ***');
    expect(stdout).toContain('state ***');
    expect(stdout).not.toContain('hunter2');
  });

  test('keeps the first and the last lines of an instance that prints too much, and counts the others', async ({
    expect,
  }) => {
    const machine = await someMachine();
    const plan = await planWith('for (let n = 0; n < 100_000; n++) console.log("line " + n);');
    const { runId } = await tg(machine, single(plan, '-q'));
    const report = await reportOf(machine, runId);
    const lines = textsOf(report, 0);
    expect(lines[0]).toBe('line 0');
    expect(lines.at(-1)).toBe('line 99999');
    expect(lines.length).toBeLessThan(40_000);
    const left = Number(lines.find((text) => text.includes('left out'))?.match(/\d+/)?.[0]);
    expect(left + lines.length - 1).toBe(100_000);
    expect(report.gaps).toEqual([`${left} lines are left out of the log; tg logs shows them`]);
  });

  test('names records that are damaged or missing, and has the rest', async ({ expect }) => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await sdkPlanWith('runenv.recordMessage("here")')));
    const outputs = await outputsOf(machine, runId);
    await writeFile(join(outputs, 'run.json'), '{');
    await writeFile(join(outputs, 'sync.ndjson'), '{"at":1,"did":"signal"}\ntorn');
    await writeFile(join(outputs, 'result.json'), '{"outcome"');
    const report = await reportOf(machine, runId);
    expect(report.gaps).toEqual([
      expect.stringMatching(/^the verdicts are missing: result.json cannot be read: /),
      '2 lines of sync.ndjson cannot be read',
      expect.stringContaining('the settings of the run are missing'),
    ]);
    // The outcome comes from the journal.
    expect(report.about).toMatchObject({ state: 'complete', outcome: 'success' });
    await rm(join(outputs, 'sync.ndjson'));
    await rm(join(outputs, 'single'), { recursive: true });
    expect((await reportOf(machine, runId)).gaps).toEqual(
      expect.arrayContaining([
        'the outputs of 1 instance are missing',
        'sync.ndjson is missing: the times of waits are unknown',
      ]),
    );
    expect(textsOf(report, 0)).toContain('here');
  });
});

describe.concurrent('tg report', () => {
  test('writes <run id>.html into the current folder, for the latest run if none is named', async ({
    expect,
  }) => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith('')));
    expect(await tg(machine, ['report'])).toMatchObject({
      code: 0,
      stdout: `created file: ${runId}.html\n`,
      stderr: '',
    });
    expect(dataIn(readFileSync(join(machine.cwd, `${runId}.html`), 'utf8')).about.runId).toBe(runId);
  });

  test('exits 3 for an unknown run, and 5 for a file that cannot be written', async ({ expect }) => {
    const machine = await someMachine();
    expect(await tg(machine, ['report', 'none'])).toMatchObject({ code: 3 });
    await tg(machine, single(await planWith('')));
    const { code, stderr } = await tg(machine, ['report', '-o', 'no/where.html']);
    expect(code).toBe(5);
    expect(stderr).toContain('no/where.html: the report cannot be written');
  });

  test('opens the report with xdg-open if --open is given', async ({ expect }) => {
    const machine = await someMachine();
    await writeFile(join(machine.cwd, 'xdg-open'), `#!/bin/sh\necho "$1" > opened\n`, { mode: 0o755 });
    const there = { ...machine, env: { ...machine.env, PATH: `${machine.cwd}:${machine.env['PATH']}` } };
    const { runId } = await tg(there, single(await planWith('')));
    expect((await tg(there, ['report', '--open'])).code).toBe(0);
    await expect
      .poll(() => readFileSync(join(machine.cwd, 'opened'), { encoding: 'utf8', flag: 'a+' }))
      .toBe(`${runId}.html\n`);
  });

  test('says with --open that no browser could be opened, and exits 0', async ({ expect }) => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith('')));
    const bare = { ...machine, env: { ...machine.env, PATH: '/nowhere' } };
    const { code, stdout, stderr } = await tg(bare, ['report', '--open']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `created file: ${runId}.html\n` });
    expect(stderr).toContain('no browser could be opened');
  });

  test('serves a run in progress with --watch, and only below its secret address', async ({ expect }) => {
    const machine = await someMachine();
    const run = startTg(machine, fault('stays', '-i', '2'));
    const runId = await idOnceSaid(run, 'single[000] >> I stay', 'single[001] >> I stay');
    const watch = startTg(machine, ['report', '--watch']);
    let said = '';
    for await (const chunk of watch.stdout.iterator({ destroyOnReturn: false })) {
      said += chunk;
      if (said.includes('Ctrl-C')) break;
    }
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\//.exec(said) ?? [];
    const { origin } = new URL(url);
    for (const place of [`${origin}/`, `${origin}/data`, `${url}other`, `${url}../data`])
      expect((await fetch(place)).status).toBe(404);
    expect((await fetch(url, { method: 'POST' })).status).toBe(403);
    const page = await (await fetch(url)).text();
    expect(dataIn(page)).toMatchObject({ about: { runId, state: 'processing' } });
    const first = await fetch(`${url}data`);
    expect(await first.json()).toMatchObject({ about: { state: 'processing' } });
    const elsewhere = { headers: { host: 'elsewhere.example' } };
    expect(await statusOf(`${url}data`, elsewhere.headers)).toBe(403);
    await tg(machine, ['terminate', runId]);
    await run;
    await expect
      .poll(async () => ((await (await fetch(`${url}data`)).json()) as RunReport).about.state)
      .toBe('canceled');
    watch.kill('SIGINT');
    expect((await watch).exitCode).toBe(0);
  });

  test('exits 2 for --watch with -o', async ({ expect }) => {
    const machine = await someMachine();
    await tg(machine, single(await planWith('')));
    expect(await tg(machine, ['report', '--watch', '-o', 'x'])).toMatchObject({ code: 2 });
  });
});
