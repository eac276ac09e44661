import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { tempDir } from '../support/temp.ts';
import { type Machine, single, someMachine, tg } from '../support/tg.ts';

/** Comparing runs as a person and as CI does: gates, baselines, stages, and what failing rounds have in common. */

/** The IDs of the runs that a command has made. */
const idsIn = (stdout: string) =>
  [...stdout.matchAll(/run is queued with ID: (\S+)/g)].map(([, id]) => id ?? '');

/**
 * Records 40 latencies for each instance. They grow with the number of instances, by `by` percent, and are a little
 * different in each instance.
 */
const measuring = () =>
  sdkPlanWith(
    `const index = Number(process.env.TEST_OUTPUTS_PATH.split('/').pop());
     const slower = 1 + Number(runenv.intParam('by')) / 100;
     runenv.recordStageStart('measure');
     for (let value = 0; value < 40; value++)
       runenv.R().recordPoint('latency', (100 + 10 * runenv.testInstanceCount + value + index) * slower);
     runenv.recordStageEnd('measure');`,
    { params: 'by = { type = "int", default = 0 }' },
  );

test('names the commit of the plan by itself, and whether files were changed since', {
  tags: ['git'],
}, async () => {
  const machine = await someMachine();
  const plan = await planWith('console.log(1)');
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: plan });
  const run = async () => (await tg(machine, single(plan, '-q'))).runId;
  const before = await run();
  git('init', '-q');
  // A plan that git does not track has no commit.
  git('commit', '-q', '--allow-empty', '-m', 'empty');
  const untracked = await run();
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  const commit = git('rev-parse', 'HEAD').toString().trim();
  const clean = await run();
  await writeFile(join(plan, 'notes.txt'), 'text');
  const changed = await run();
  const { stdout } = await tg(machine, ['compare', before, untracked, clean, changed]);
  expect(stdout).toContain(`  commit: –, –, ${commit}, ${commit} with changes\n`);
  expect(stdout).toMatch(new RegExp(`^C: .*, commit ${commit.slice(0, 10)} \\(`, 'm'));
  expect(stdout).toMatch(new RegExp(`^D: .*, commit ${commit.slice(0, 10)} with changes \\(`, 'm'));
});

test('compares two matrices at each of their points, and a gate must hold at each', async () => {
  const machine = await someMachine();
  // Only with 8 instances, and only with `by`, values are 20 % higher.
  const plan = await sdkPlanWith(
    `const index = Number(process.env.TEST_OUTPUTS_PATH.split('/').pop());
     const by = runenv.testInstanceCount === 8 ? Number(runenv.intParam('by')) : 0;
     for (let value = 0; value < 40; value++)
       runenv.R().recordPoint('latency', (100 * runenv.testInstanceCount + value + index) * (1 + by / 100));`,
    { params: 'by = { type = "int", default = 0 }' },
  );
  const matrix = (label: string, by: number, sizes: string) =>
    tg(machine, ['run', plan, '--label', label, '--matrix', `instances=${sizes}`, '--tp', `by=${by}`, '-q']);
  await matrix('before', 0, '4,6,8');
  await matrix('after', 20, '6,8');
  const gate = ['before', 'after', '--fail-if', 'latency:p95>+10%'];
  const { code, stdout } = await tg(machine, ['compare', ...gate]);
  expect(code).toBe(1);
  expect(stdout).toContain('instances=4 is not compared: only A has runs with it\n');
  expect(stdout).toMatch(/^at instances=6:\nMETRIC.*\n(.*\n)+at instances=8:\nMETRIC/m);
  expect(stdout).toMatch(/^passed: latency:p95>\+10% for B at instances=6: 0\.0 %/m);
  expect(stdout).toMatch(/^failed: latency:p95>\+10% for B at instances=8: \+20\.0 %/m);
  const { metrics, gates, left_out } = JSON.parse((await tg(machine, ['compare', ...gate, '--json'])).stdout);
  expect(metrics.filter((row: { metric: string }) => row.metric === 'latency')).toMatchObject([
    { point: { instances: '6' } },
    { point: { instances: '8' } },
  ]);
  expect(gates).toMatchObject([
    { point: { instances: '6' }, outcome: 'passed' },
    { point: { instances: '8' }, outcome: 'failed' },
  ]);
  expect(left_out).toEqual(['instances=4 is not compared: only A has runs with it']);
  const together = await tg(machine, ['compare', 'before', 'after', '--pooled']);
  expect(together.stdout).not.toContain('at instances=');
});

describe('tg compare as a gate', () => {
  let machine: Machine;
  let runs: Readonly<Record<'first' | 'same' | 'slower', string>>;

  beforeAll(async () => {
    machine = await someMachine();
    const plan = await measuring();
    const run = async (by: number, ...more: string[]) =>
      (await tg(machine, single(plan, '-i', '6', '-q', '--tp', `by=${by}`, ...more))).runId;
    runs = {
      first: await run(0, '--collect-file', 'kept.tgz'),
      same: await run(0, '--metadata-commit', '0123456789abcdef'),
      slower: await run(50),
    };
  });

  test('fails with exit status 1 for a change beyond the limit, and passes for one within it', async () => {
    const { first, slower } = runs;
    const failed = await tg(machine, ['compare', first, slower, '--fail-if', 'latency:p95>+10%']);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(
      /^failed: latency:p95>\+10% for B: \+50\.0 %, 95 % interval \+4\d\.\d\.\.\+5\d\.\d % by instances; it is beyond the limit, and not noise/m,
    );
    const passed = await tg(machine, ['compare', first, slower, '--fail-if', 'latency:p95>+80%']);
    expect(passed.code).toBe(0);
    expect(passed.stdout).toContain('passed: latency:p95>+80% for B: +50.0 %');
  });

  test('exits 6 if it is undecided, and says what to do', async () => {
    const { first, same } = runs;
    const gates = ['--fail-if', 'nothing:mean>1', '--fail-if', 'latency:p99>+900%'];
    const { code, stdout } = await tg(machine, ['compare', first, same, ...gates]);
    expect(code).toBe(6);
    expect(stdout).toContain('undecided: nothing:mean>1 for B: it has not measured this metric\n');
    expect(stdout).toContain('passed: latency:p99>+900% for B');
    expect(stdout).toMatch(/More runs of each side make intervals narrower: --repeat 10 --keep-passed\.$/m);
    const single = await tg(machine, ['compare', first, same, '--fail-if', 'run, ms:mean>+1%']);
    expect([single.code, single.stdout]).toEqual([6, expect.stringContaining('fewer than 4 runs on a side')]);
  });

  test('has gates, intervals and quantiles in --json, and a metric of a gate even if it is not selected', async () => {
    const { first, slower } = runs;
    const args = ['-n', 'other', '--json', '--fail-if', 'latency:p50>+10%@single'];
    const { code, stdout } = await tg(machine, ['compare', first, slower, ...args]);
    expect(code).toBe(1);
    const { metrics, gates } = JSON.parse(stdout);
    expect(gates).toEqual([
      {
        gate: 'latency:p50>+10%@single',
        side: 'B',
        point: {},
        outcome: 'failed',
        measured: expect.closeTo(0.5, 5),
        interval: [expect.closeTo(0.48, 1), expect.closeTo(0.52, 1)],
        of: 'instance',
        reason: expect.any(String),
      },
    ]);
    expect(metrics).toMatchObject([
      {
        metric: 'latency',
        sides: [
          { change: null, samples: 240, quantiles: 'pooled' },
          { p50: { change: expect.closeTo(0.5, 5) } },
        ],
      },
    ]);
  });

  test('compares with a kept archive as the baseline, and leaves no copy of it', async () => {
    const args = [
      'compare',
      '--baseline',
      'kept.tgz',
      runs.slower,
      '-n',
      'latency',
      '--fail-if',
      'latency:mean>+10%',
    ];
    const { code, stdout } = await tg(machine, args);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^A: by=0 \\(p:t, 6 instances\\); ${runs.first}$`, 'm'));
    expect(await readdir(machine.temp)).toEqual([]);
    const broken = await tg(machine, ['compare', '--baseline', 'kept.tgz', join(machine.home, 'data')]);
    expect(broken.code).toBe(3);
  });

  test.each([
    ['B', 'B'],
    ['slower', 'B'],
  ])('takes the side %s as the baseline', async (baseline, name) => {
    const { first, slower } = runs;
    const asked = baseline === 'slower' ? slower : baseline;
    const { stdout } = await tg(machine, ['compare', first, slower, '--baseline', asked, '--json']);
    const { baseline: found, metrics } = JSON.parse(stdout);
    expect(found).toBe(name);
    expect(metrics.find(({ metric }: { metric: string }) => metric === 'latency').sides).toMatchObject([
      { change: expect.closeTo(-1 / 3, 3) },
      { change: null },
    ]);
  });

  test('names sides by what differs, and compares the durations of stages', async () => {
    const { first, same } = runs;
    const { stdout } = await tg(machine, ['compare', first, same]);
    expect(stdout).toContain(
      `A: p:t, 6 instances; ${first}\nB: commit 0123456789 (p:t, 6 instances); ${same}\n`,
    );
    expect(stdout).toMatch(/^stage measure, ms +mean .* 6, 6 instances$/m);
  });

  test.each([
    [['--fail-if', 'latency:p95'], /"latency:p95" is not a condition/],
    [['--fail-if', 'latency:max>1'], /max has no confidence interval/],
    [['--failed', '--baseline', 'A'], /cannot be used with/],
  ])('exits 2 for %j', async (args, words) => {
    const { code, stderr } = await tg(machine, ['compare', runs.first, runs.same, ...args]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(words)]);
  });
});

test('is B faster than A at 4, 8 and 16 nodes: one command to run each, one to compare and judge', async () => {
  const machine = await someMachine();
  const plan = await measuring();
  for (const count of [4, 8, 16]) {
    const run = await tg(machine, single(plan, '-i', `${count}`, '--matrix', 'by=0,-20'));
    const [a = '', b = ''] = idsIn(run.stdout);
    // Fails unless B is faster by 15 % or more.
    const gate = ['--fail-if', 'latency:p95>-15%', '--html', `${count}.html`];
    const { code, stdout } = await tg(machine, ['compare', a, b, ...gate]);
    expect([count, code, stdout]).toEqual([
      count,
      0,
      expect.stringContaining('passed: latency:p95>-15% for B: -20.0 %'),
    ]);
    expect(await readFile(join(machine.cwd, `${count}.html`), 'utf8')).toContain('passed: latency:p95>-15%');
    const other = await tg(machine, ['compare', b, a, '--fail-if', 'latency:p95>-15%']);
    expect(other.code).toBe(1);
  }
});

describe('tg compare --failed', () => {
  let machine: Machine;
  let ids: readonly string[];

  beforeAll(async () => {
    machine = await someMachine();
    // Every fourth round fails: a lease expires, after more retries than elsewhere.
    const plan = await sdkPlanWith(
      `const index = Number(process.env.TEST_OUTPUTS_PATH.split('/').pop());
       const round = runenv.intParam('round');
       const fails = round % 4 === 0;
       runenv.recordMessage('dialling 127.0.0.1:' + (40000 + round) + ' at ' + new Date().toISOString());
       for (let value = 0; value < 30; value++) runenv.R().recordPoint('retries', (fails ? 5 : 1) + (value % 3));
       for (let value = 0; value < 30; value++) runenv.R().recordPoint('steady', value % 7);
       await init.syncClient.signalEntry('dialled');
       if (fails && index === 2) {
         runenv.recordMessage('lease ' + (1000 + round) + ' expired before it was renewed');
         throw new Error('no lease');
       }
       await init.syncClient.signalAndWait('leased', runenv.testInstanceCount);
       runenv.recordMessage('all leases are held');`,
      { params: 'round = { type = "int", default = 0 }' },
    );
    const rounds = Array.from({ length: 12 }, (_, index) => index + 1).join(',');
    const { stdout } = await tg(machine, single(plan, '-i', '3', '--matrix', `round=${rounds}`));
    ids = idsIn(stdout);
  });

  test('says which of 12 rounds failed, how often that is, and what only they have', async () => {
    expect(ids).toHaveLength(12);
    const { code, stdout } = await tg(machine, [
      'compare',
      '--failed',
      ids.slice(0, 5).join(','),
      ...ids.slice(5),
    ]);
    expect(code).toBe(0);
    const failed = [3, 7, 11].map((place) => ids[place]);
    expect(stdout).toContain(
      `3 of 12 rounds failed: 25.0 %, 95 % interval 5.5 % to 57.2 %\nfailed: ${failed.join(', ')}\n`,
    );
    expect(stdout).toMatch(
      new RegExp(
        `^  every instance of single signals leased, after signals dialled: missing in 3 of 3; not single\\[002\\] in ${failed[0]}$`,
        'm',
      ),
    );
    expect(stdout).toMatch(
      /^ {2}3 of 3 +MESSAGE +lease … expired before it was renewed +\S+ s single\[002\] of /m,
    );
    expect(stdout).toMatch(/^ {2}3 of 3 +FAIL +no lease /m);
    expect(stdout).not.toMatch(/dialling|aborted| at async /);
    expect(stdout).toMatch(/^retries +mean +2 .* 6 .*\+200\.0 %/m);
    expect(stdout).not.toMatch(/^steady/m);
  });

  test('has the same with --json', async () => {
    const { stdout } = await tg(machine, ['compare', '--failed', ...ids, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      rounds: 12,
      failed: [ids[3], ids[7], ids[11]],
      failure_rate: { share: 0.25 },
      partings: [{ group: 'single', event: 'signals leased', by_all: true, missing: ['single[002]'] }],
      lines: [
        {
          class: 'MESSAGE',
          failed: 3,
          example: { index: 2, text: 'lease 1004 expired before it was renewed' },
        },
        {},
        {},
      ],
      lines_left_out: 0,
    });
  });

  test('takes the ID of a series in place of those of its runs', async () => {
    const [{ series }] = JSON.parse(`[${(await tg(machine, ['tasks', '--json', '-n', '1'])).stdout}]`);
    const { stdout } = await tg(machine, ['compare', '--failed', series.id]);
    expect(stdout).toContain('3 of 12 rounds failed: 25.0 %, 95 % interval 5.5 % to 57.2 %\n');
    expect(stdout).toMatch(/^ {2}3 of 3 +FAIL +no lease /m);
  });

  test('reports an upper bound if no round failed, and a lower one if all did', async () => {
    const passed = await tg(machine, ['compare', '--failed', ...ids.filter((_, place) => place % 4 !== 3)]);
    expect(passed.stdout).toBe(
      '0 of 9 rounds failed: the failure rate is at most 28.3 % (95 % confidence)\n',
    );
    const failed = await tg(machine, ['compare', '--failed', ids[3] ?? '', ids[7] ?? '']);
    expect(failed.stdout).toMatch(
      /^2 of 2 rounds failed: the failure rate is at least 22\.4 % \(95 % confidence\)\n/,
    );
    expect(failed.stdout).toContain('No round has passed, so there is nothing to compare with.\n');
  });
});

test('which of 60 rounds failed, and what differs: one command to run them, one to ask', async () => {
  const machine = await someMachine();
  // Each round takes the next number; those with 7, 27 and 47 fail.
  const plan = await planWith(`
    const { mkdirSync } = await import('node:fs');
    let round = 0;
    for (;;) try { mkdirSync(process.env.ROUNDS + '/' + round); break; } catch { round++; }
    console.log('taking the lease');
    if (round % 20 === 7) { console.log('lease ' + round + ' is torn'); process.exit(3); }
    console.log('held the lease');
  `);
  const repeat = ['--repeat', '60', '--jobs', '4', '--env', `ROUNDS=${await tempDir()}`, '-q'];
  const run = await tg(machine, single(plan, '-i', '1', ...repeat));
  expect(run.code).toBe(1);
  const [, series = ''] = /series ID: (\S+)/.exec(run.stdout) ?? [];
  const { stdout } = await tg(machine, ['compare', '--failed', series]);
  expect(stdout).toContain('3 of 60 rounds failed: 5.0 %, 95 % interval 1.0 % to 13.9 %\n');
  expect(stdout).toMatch(/^the outputs of 5\d rounds that passed were removed: --keep-passed keeps them/m);
  expect(stdout).toMatch(/^ {2}3 of 3 +OTHER +lease … is torn /m);
  const json = JSON.parse((await tg(machine, ['compare', '--failed', series, '--json'])).stdout);
  expect(json).toMatchObject({ rounds: 60, failed: [{}, {}, {}].map(() => expect.any(String)) });
  expect(json.removed).toBeGreaterThan(49);
}, 120_000);
