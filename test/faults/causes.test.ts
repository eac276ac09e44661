import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { someBrowser } from '../support/browser.ts';
import {
  beginningsOf,
  expectBuildError,
  expectOnFirstScreen,
  failing,
  machineOfCi,
  one,
} from '../support/first-screen.ts';
import { describeWith } from '../support/needs.ts';
import { namespaceWay } from '../support/parts.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { reportScreenOf } from '../support/report-screen.ts';
import { tempDir } from '../support/temp.ts';
import { type Ended, ended, onceSaid, single, startTg, tg } from '../support/tg.ts';

/** Fifty instances fail in many ways: the cause must be at the top of everything that a person looks at. */

const plan = fileURLToPath(new URL('../support/failures', import.meta.url));
const summaryFile = join(await tempDir(), 'summary.md');
const machine = await machineOfCi({ GITHUB_STEP_SUMMARY: summaryFile });

/** Runs a case with 50 instances. */
async function fails(testCase: string, ...more: readonly string[]): Promise<Ended> {
  return await failing(machine, ['-p', plan, '-t', testCase, ...more]);
}

/** A run's timeout, in s, that leaves its instances time to start on this machine. */
async function amplyTimeout(): Promise<string> {
  const began = performance.now();
  await fails('param');
  return `${Math.ceil(5 + (3 * (performance.now() - began)) / 1_000)}s`;
}

const timeout = await amplyTimeout();

/** The cases: what must be read in the first lines, besides the name of the culprit. */
const causes: readonly (readonly [testCase: string, culprit: string, error: string])[] = [
  ['one-fails', one(37), 'disk quota exceeded'],
  ['two-causes', one(12), 'elected twice'],
  ['two-causes', one(30), 'lost a write'],
  ['segv', one(5), 'killed by SIGSEGV'],
  ['uncaught', one(8), 'peer is undefined'],
  ['rejection', one(41), 'unanswered request'],
  ['assertion', one(7), 'Expected values to be strictly deep-equal'],
  ['exit-4', one(20), 'cannot open the ledger'],
  ['heap', one(4), 'reaching memory limit'],
  ['param', '50 ×', 'parameter "size" is not set'],
  ['refused', '50 ×', 'ECONNREFUSED'],
  ['incomplete', one(9), 'reported neither success nor failure'],
  ['overflow', one(33), 'Maximum call stack size exceeded'],
  ['chatty', one(3), 'lost the lease'],
];

/** The cases that end at their timeout, and what their first line is then. */
const timeouts: readonly (readonly [testCase: string, first: RegExp])[] = [
  ['dead-lock', /50 × timed-out: .*barrier "ready" \(50 of 51\), signalled by every instance/],
  ['missing-one', /50 × timed-out: .*barrier "done" \(49 of 50\), not signalled by single\[49\]/],
  ['slow-one', /50 × timed-out: .*barrier "done" \(49 of 50\), not signalled by single\[17\]/],
  ['topic', /50 × timed-out: .*topic "config" \(0 messages\), read by single\[0-49\]/],
  ['hang', /50 × timed-out: still running at the timeout/],
];

const portClash = /49 × failed: listen EADDRINUSE: address already in use 127\.0\.0\.1:/;
const flood = /more than --max-output allows \(.*\); single\[002\] has written/;

const runs = new Map<string, Promise<Ended>>();

/** The run of a case that several tests look at. */
async function runOf(testCase: string): Promise<Ended> {
  const run = runs.get(testCase) ?? fails(testCase, ...(await flagsOf(testCase)));
  runs.set(testCase, run);
  return await run;
}

async function flagsOf(testCase: string): Promise<readonly string[]> {
  if (testCase === 'flood') return ['--max-output', '5MB'];
  return timeouts.some(([each]) => each === testCase) ? ['--timeout', timeout] : [];
}

test.each(causes)('in the case %s, %s and "%s" are on the first screen', async (testCase, culprit, error) => {
  for (const [place, text] of Object.entries(await beginningsOf(machine, await runOf(testCase)))) {
    // The first annotation and the first line are those of the first cause.
    if (place.startsWith('the first') && error === 'lost a write') continue;
    expect(text, place).toContain(culprit);
    expect(text, place).toContain(error);
  }
});

test('in a port clash, 49 instances with the same error are one cause', async () => {
  for (const [place, text] of Object.entries(await beginningsOf(machine, await runOf('port-clash'))))
    expect(text, place).toMatch(portClash);
});

test.each(timeouts)(
  'a timeout in the case %s leads with what the instances wait for',
  async (testCase, expected) => {
    const beginnings = await beginningsOf(machine, await runOf(testCase));
    for (const [place, text] of Object.entries(beginnings)) expect(text, place).toMatch(expected);
    if (testCase !== 'missing-one') return;
    for (const place of ['the end of the output', 'tg why'])
      expect(beginnings[place]).toMatch(/ {6}single\[049\] runs; last output: skipping my turn\n/);
  },
);

test('the last lines of an instance that prints megabytes after its failure are those before it', async () => {
  const { runId } = await runOf('chatty');
  const { causes: found } = JSON.parse((await tg(machine, ['why', runId, '--json'])).stdout);
  expect(found[0].example.last_lines).toEqual(['loading shard 3']);
});

test('an instance that another program kills is the cause, with the signal', async () => {
  const run = startTg(machine, single(plan, '-t', 'victim'));
  const pid = /the victim is (\d+)/.exec(await onceSaid(run, 'the victim is'))?.[1];
  process.kill(Number(pid), 'SIGKILL');
  const words = [one(19), /crashed: killed by SIGKILL, which tg did not send/];
  await expectOnFirstScreen(machine, ended(await run), ...words);
});

test('a plan without the file that it starts is an error that names its folder', async () => {
  const missing = await planWith('', { files: { 'package.json': '{"main":"missing.mjs"}' } });
  await rm(join(missing, 'index.mjs'));
  await expectBuildError(machine, await failing(machine, ['-p', missing, '-i', '50']), missing);
});

test('a plan that runs with another Node than it asks for says so where it fails', async () => {
  const future = await sdkPlanWith(
    `if (runenv.params.testOutputsPath.endsWith('/6')) process.featureOfNode97();
    await init.syncClient.signalAndWait('done', runenv.testInstanceCount);`,
    { files: { 'package.json': '{"type":"module","main":"index.mjs","engines":{"node":">=97"}}' } },
  );
  const run = await failing(machine, ['-p', future, '-i', '50']);
  await expectOnFirstScreen(machine, run, one(6), /featureOfNode97 is not a function/);
  const { 'the end of the output': end } = await beginningsOf(machine, run);
  expect(end).toMatch(/possible cause of failure: .*package\.json \(engines\.node\) asks for Node >=97/);
});

test('a TypeScript plan that does not compile is an error with its place and what the compiler says', async () => {
  const broken = await planWith('', {
    files: {
      'main.ts': 'const count: number = 3;\nconsole.log(count;\n',
      'package.json': '{"main":"main.ts"}',
    },
  });
  const run = await failing(machine, ['-p', broken, '-i', '50']);
  await expectBuildError(machine, run, 'main.ts:2:17', 'Expected ")" but found ";"');
});

describeWith('linux', 'memory', () => {
  test('that the kernel refuses to an instance (RLIMIT_AS) is a cause', async () => {
    const run = await fails('address-space');
    await expectOnFirstScreen(
      machine,
      run,
      one(22),
      // Node says so, or its native code crashes: whichever thread asks for memory first.
      /allocation failed|out of memory|bad_alloc|cannot allocate|killed by SIG(?:SEGV|ABRT|TRAP|BUS)/i,
    );
  });

  test('for which the kernel kills an instance is a cause: possibly out of memory', async ({ skip }) => {
    const group = memoryGroup(300 * 1024 * 1024);
    if (group === undefined) return skip('no control group with a memory limit can be made here');
    const run = await fails('oom', '--tp', `group=${group}`);
    rmdirSync(group);
    const words = /crashed: killed by SIGKILL, possibly out of memory: the kernel has killed \d+ process/;
    await expectOnFirstScreen(machine, run, one(11), words);
  });
});

/** Makes a control group with a memory limit; undefined if that is not possible. @param bytes the limit. */
function memoryGroup(bytes: number): string | undefined {
  const kinds = [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ] as const;
  for (const [root, limit] of kinds) {
    const group = join(root, `tg-test-${process.pid}`);
    try {
      mkdirSync(group);
      writeFileSync(join(group, limit), String(bytes), { flag: 'r+' });
      return group;
    } catch {
      rmSync(group, { recursive: true, force: true });
    }
  }
  return undefined;
}

describeWith('namespace', 'a full disk', () => {
  test('is the cause of a run that it ends', async () => {
    const full = await machineOfCi();
    await mkdir(full.home);
    const small = 'mount -t tmpfs -o size=24m none "$TESTGROUND_HOME"';
    const script = `${small} && "$@"; code=$?; cp -r "$TESTGROUND_HOME" kept; exit $code`;
    const through = ['unshare', ...(namespaceWay() ?? []), 'sh', '-c', script, 'sh'];
    const run = ended(await startTg(full, single(plan, '-t', 'flood'), 'tg', through));
    expect(run.code, run.all).toBe(5);
    const kept = join(full.cwd, 'kept');
    const there = { ...full, home: kept, env: { ...full.env, TESTGROUND_HOME: kept } };
    await expectOnFirstScreen(there, run, /the disk of \S+ is full/);
  });
});

test('a run that writes too much names the instance that has written most', async () => {
  for (const [place, text] of Object.entries(await beginningsOf(machine, await runOf('flood'))))
    expect(text, place).toMatch(flood);
});

test('the cause has its stack without the frames of Node and the SDK, and its last lines of output', async () => {
  const { stdout, runId } = await runOf('one-fails');
  const { causes: found, consequences } = JSON.parse((await tg(machine, ['why', runId, '--json'])).stdout);
  expect(found).toEqual([
    expect.objectContaining({
      kind: 'failed',
      text: 'disk quota exceeded',
      count: 1,
      instances: 'single[37]',
    }),
  ]);
  expect(found[0].example.last_lines).toEqual(['loading shard 37']);
  expect(consequences).toBe('49 aborted after single[037] failed');
  const end = stdout.slice(stdout.indexOf('stack:'));
  expect(end).toMatch(/WARN\t {6}at index\.mjs:\d+:\d+\n/);
  expect(end).not.toMatch(/node:internal|dist\/sdk/);
  expect(end).toMatch(
    /last output:\n.*WARN\t {4}loading shard 37\n.*WARN\t49 aborted after single\[037\] failed\n/,
  );
});

test('tg logs ends with the causes, and prints the instance that failed alone with --failed', async () => {
  const { runId } = await runOf('one-fails');
  const whole = (await tg(machine, ['logs', runId])).stdout;
  expect(whole).toMatch(
    /WARN\tsingle\[037\] failed: disk quota exceeded\n[\s\S]*only what failed: .*logs \w+ --failed\n/,
  );
  const { code, stdout } = await tg(machine, ['logs', runId, '--failed']);
  expect(code).toBe(0);
  expect(new Set([...stdout.matchAll(/<< (\S+) >>/g)].map(([, tag]) => tag))).toEqual(new Set([one(37)]));
  expect(stdout).toContain('49 aborted after single[037] failed');
  expect(stdout).not.toContain('only what failed');
});

test('tg logs --failed of instances that did not fail prints none, and says so', async () => {
  const { runId } = await runOf('one-fails');
  const { code, stdout, stderr } = await tg(machine, ['logs', runId, '--failed', '-i', 'single[1]']);
  expect([code, stderr]).toEqual([0, 'note: none of these instances failed\n']);
  expect(stdout).not.toMatch(/ << single\[/);
});

test('the last event of a run with --json has the causes', async () => {
  const { stdout } = await fails('one-fails', '--json');
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const end = events.find(({ type }) => type === 'run-ended');
  expect(end.result.causes[0]).toMatchObject({ kind: 'failed', text: 'disk quota exceeded', count: 1 });
  expect(end.result.consequences).toBe('49 aborted after single[037] failed');
});

test('what instances print after they were aborted is not shown, unless with --verbose', async () => {
  const { stdout } = await runOf('one-fails');
  expect(stdout.match(/FAIL << /g)).toHaveLength(1);
  const verbose = await fails('one-fails', '--verbose');
  expect(verbose.stdout.match(/FAIL << /g)).toHaveLength(50);
  expect(verbose.stdout).toMatch(/START << single\[000\] >> \{/);
});

test('the name testground prints a line for each instance, and no causes', async () => {
  const { stdout } = await tg(machine, ['run', 'single', '-p', plan, '-t', 'one-fails'], 'testground');
  expect(stdout.match(/FAIL << /g)).toHaveLength(50);
  expect(stdout).not.toContain('aborted after');
});

test('two hundred instances print at most 200 lines, and how to see the others', async () => {
  const { stdout } = await fails('param', '-i', '200');
  expect(stdout.split('\n').length).toBeLessThan(200);
  expect(stdout).toMatch(/… \d+ more lines in run\.out: tg logs \w{20}\n/);
  expect(stdout).toContain('200 × failed: parameter "size" is not set');
});

test('the summary of a job names the cause of each run', () => {
  expect(readFileSync(summaryFile, 'utf8')).toContain('| 50 × failed: parameter "size" is not set |');
});

describeWith('chromium', 'without scrolling, the report', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await someBrowser();
  });
  afterAll(async () => await browser?.close());

  test.each(causes)('of the case %s shows %s and "%s"', async (testCase, culprit, error) => {
    const { runId } = await runOf(testCase);
    const screen = await reportScreenOf(machine, runId, browser);
    expect(screen).toContain(culprit);
    expect(screen).toContain(error);
  });

  test.each([...timeouts, ['port-clash', portClash], ['flood', flood]] as const)(
    'of the case %s shows the first line of its cause',
    async (testCase, first) => {
      const { runId } = await runOf(testCase);
      expect(await reportScreenOf(machine, runId, browser)).toMatch(first);
    },
  );
});
