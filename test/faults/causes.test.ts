import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { tempDir } from '../support/temp.ts';
import { type Ended, someMachine, tg } from '../support/tg.ts';

/** Fifty instances fail in many ways: the cause must be at the top of everything that a person looks at. */

const plan = fileURLToPath(new URL('../support/failures', import.meta.url));
const summaryFile = join(await tempDir(), 'summary.md');
const machine = await someMachine({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summaryFile });

/** Runs a case with 50 instances. */
async function fails(testCase: string, ...more: readonly string[]): Promise<Ended> {
  const run = await tg(machine, ['run', 'single', '-p', plan, '-t', testCase, ...more]);
  expect(run.code, run.all).not.toBe(0);
  return run;
}

/** A run's timeout, in s, that leaves its instances time to start on this machine. */
async function amplyTimeout(): Promise<string> {
  const began = performance.now();
  await fails('param');
  return `${Math.ceil(5 + (3 * (performance.now() - began)) / 1_000)}s`;
}

const timeout = await amplyTimeout();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Where the cause must be: what each of these begins with. */
async function beginningsOf({ stdout, runId }: Ended): Promise<Readonly<Record<string, string>>> {
  const lines = stdout.split('\n');
  const ends = lines.findLastIndex(
    (line) => / << .+ >> /.test(line) || /WARN\t(?:the run is abandoned|ending)/.test(line),
  );
  const why = (await tg(machine, ['why', runId])).stdout.split('\n');
  const status = (await tg(machine, ['status', runId])).stdout.split('\n');
  const notPassed = status.filter((line) => line.startsWith('Not passed:'));
  return {
    'the end of the output': lines.slice(ends + 1, ends + 16).join('\n'),
    'tg why': why.slice(0, 15).join('\n'),
    'the line of tg why after the header': why[1] ?? '',
    'tg status': notPassed.slice(0, 2).join('\n'),
    'the first annotation': lines.find((line) => line.startsWith('::error')) ?? '',
  };
}

const one = (index: number) => `single[${String(index).padStart(3, '0')}]`;

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
];

/** Runs that passed a case already, by case. */
const runs = new Map<string, Promise<Ended>>();

test.each(causes)('in the case %s, %s and "%s" are on the first screen', async (testCase, culprit, error) => {
  const run = runs.get(testCase) ?? fails(testCase);
  runs.set(testCase, run);
  for (const [place, text] of Object.entries(await beginningsOf(await run))) {
    // The first annotation and the first line are those of the first cause.
    if (place.startsWith('the ') && place !== 'the end of the output' && error === 'lost a write') continue;
    expect(decoded(text), place).toContain(culprit);
    expect(decoded(text), place).toContain(error);
  }
});

/** The text of an annotation as GitHub shows it. */
function decoded(text: string): string {
  return text.replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%25', '%');
}

test('in a port clash, 49 instances with the same error are one cause', async () => {
  const run = await fails('port-clash', '--tp', `port=${await freePort()}`);
  for (const [place, text] of Object.entries(await beginningsOf(run)))
    expect(decoded(text), place).toMatch(
      /49 × failed: listen EADDRINUSE: address already in use 127\.0\.0\.1:/,
    );
});

test.each([
  ['dead-lock', /50 × timed-out: .*barrier "ready" \(50 of 51\), signalled by every instance/],
  ['missing-one', /50 × timed-out: .*barrier "done" \(49 of 50\), not signalled by single\[49\]/],
  ['slow-one', /50 × timed-out: .*barrier "done" \(49 of 50\), not signalled by single\[17\]/],
  ['topic', /50 × timed-out: .*topic "config" \(0 messages\), read by single\[0-49\]/],
  ['hang', /50 × timed-out: still running at the timeout/],
])('a timeout in the case %s leads with what the instances wait for', async (testCase, expected) => {
  const run = await fails(testCase, '--timeout', timeout);
  const beginnings = await beginningsOf(run);
  for (const [place, text] of Object.entries(beginnings)) expect(decoded(text), place).toMatch(expected);
  if (testCase !== 'missing-one') return;
  for (const place of ['the end of the output', 'tg why'])
    expect(beginnings[place]).toMatch(/ {6}single\[049\] runs; last output: skipping my turn\n/);
});

test('a run that writes too much names the instance that has written most', async () => {
  const run = await fails('flood', '--max-output', '5MB');
  for (const [place, text] of Object.entries(await beginningsOf(run)))
    expect(decoded(text), place).toMatch(/more than --max-output allows \(.*\); single\[002\] has written/);
});

test('the cause has its stack without the frames of Node and the SDK, and its last lines of output', async () => {
  const run = runs.get('one-fails') ?? fails('one-fails');
  const { stdout, runId } = await run;
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

test('what instances print after they were aborted is not shown, unless with --verbose', async () => {
  const { stdout } = await (runs.get('one-fails') ?? fails('one-fails'));
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
