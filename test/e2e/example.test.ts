import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PrivateRedis, startPrivateRedis } from '../../src/sync/stores/private-redis.ts';
import {
  type Ended,
  entriesOf,
  instanceFile,
  type Machine,
  outputsOf,
  processesOf,
  someMachine,
  tg,
  verdictsOf,
} from '../support/tg.ts';

const sync10 = ['run', 'single', '--plan', 'example', '--testcase', 'sync', '--instances', '10', '--collect'];

/** Checks what the README promises of its first command. */
async function tenElectALeader(machine: Machine, { code, runId, stdout }: Ended): Promise<void> {
  expect(code, stdout).toBe(0);
  expect(runId).toMatch(/^[0-9a-v]{20}$/);
  const entries = await entriesOf(join(machine.cwd, `${runId}.tgz`));
  const outs = Array.from({ length: 10 }, (_, index) => `${runId}/single/${index}/run.out`);
  expect(entries).toEqual(expect.arrayContaining(outs));
  const stories = await Promise.all(outs.map((_, index) => instanceFile(machine, runId, index, 'run.out')));
  expect(stories.filter((story) => story.includes("i'm the leader."))).toHaveLength(1);
  expect(stories.filter((story) => story.includes("i'm a follower; signalling ready after"))).toHaveLength(9);
  const seqs = stories.map((story) => Number(/my sequence ID: (\d+)/.exec(story)?.[1])).sort((a, b) => a - b);
  expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  for (const index of outs.keys()) expect(await instanceFile(machine, runId, index, 'run.err')).toBe('');
  expect(await readdir(machine.temp)).toEqual([]);
  expect(await processesOf(runId)).toEqual([]);
}

describe.concurrent('test case sync of the example plan with ten instances', () => {
  test('elects one leader through the sync service in memory', async () => {
    const machine = await someMachine();
    const run = await tg(machine, sync10);
    expect(run.stdout).toContain('sync service: in memory');
    await tenElectALeader(machine, run);
    const outputs = await outputsOf(machine, run.runId);
    expect(await readlink(join(outputs, '..', 'latest'))).toBe(run.runId);
  });

  test('elects one leader with the defaults of the manifest', async () => {
    const machine = await someMachine();
    await tenElectALeader(
      machine,
      await tg(machine, ['run', 'single', '--plan', 'example', '-i', '10', '--collect']),
    );
  });
});

describe.concurrent('test case sync of the example plan with ten instances and Redis', {
  tags: ['redis'],
}, () => {
  let attached: PrivateRedis;
  beforeAll(async () => {
    attached = await startPrivateRedis(new AbortController().signal);
  });
  afterAll(() => attached[Symbol.asyncDispose]());

  test('elects one leader through a private Redis', async () => {
    const machine = await someMachine();
    const run = await tg(machine, [...sync10, '--sync', 'redis']);
    expect(run.stdout).toMatch(/sync service: a private Redis at redis:\/\/127\.0\.0\.1:\d+/);
    await tenElectALeader(machine, run);
  });

  test('elects one leader through an attached Redis and leaves no keys in it', async () => {
    const { url } = attached;
    const machine = await someMachine();
    const run = await tg(machine, [...sync10, '--sync', 'redis', '--redis', url]);
    expect(run.stdout).toContain(`sync service: Redis at ${url}`);
    await tenElectALeader(machine, run);
    const redis = new Redis(url);
    expect(await redis.keys('*')).toEqual([]);
    redis.disconnect();
  });
});

describe.concurrent('test cases of the example plan', () => {
  const one = (name: string, ...more: string[]) => [
    'run',
    'single',
    '-p',
    'example',
    '-t',
    name,
    '-i',
    '2',
    ...more,
  ];

  test('output: prints a greeting, writes a data point and passes', async () => {
    const machine = await someMachine();
    const { code, runId } = await tg(machine, one('output'));
    expect(code).toBe(0);
    expect(await instanceFile(machine, runId, 0, 'run.out')).toContain('Hello, World.');
    expect(JSON.parse(await instanceFile(machine, runId, 1, 'results.out'))).toMatchObject({
      type: 'point',
      name: 'donkeypower',
      measures: { value: 3 },
    });
  });

  test('failure: every instance fails with its error, and tg exits 1', async () => {
    const machine = await someMachine();
    const { code, runId, stdout } = await tg(machine, one('failure'));
    expect(code).toBe(1);
    expect(await verdictsOf(machine, runId)).toEqual([
      'failed: intentional oops',
      'failed: intentional oops',
    ]);
    expect(stdout).toMatch(/ {7}FAIL << single\[001\] >> intentional oops\n/);
    expect(stdout).toContain(`result default[${runId}]: failure`);
  });

  test('panic: every instance crashes with its error, and tg exits 1', async () => {
    const machine = await someMachine();
    const { code, runId } = await tg(machine, one('panic'));
    expect(code).toBe(1);
    expect(await verdictsOf(machine, runId)).toEqual([
      'crashed: intentional panic',
      'crashed: intentional panic',
    ]);
    expect(await instanceFile(machine, runId, 0, 'run.err')).toContain('small.ts');
  });

  test('params: prints a parameter from --tp and one with its default', async () => {
    const machine = await someMachine();
    const { code, runId } = await tg(machine, one('params', '--tp', 'param2=20'));
    expect(code).toBe(0);
    const out = await instanceFile(machine, runId, 0, 'run.out');
    for (const text of ['key: param1, value: 1', 'key: param2, value: 20', 'The value of param2 is 20']) {
      expect(out).toContain(text);
    }
  });

  test('metrics: writes a counter, a histogram, a gauge and diagnostics', async () => {
    const machine = await someMachine();
    const { code, runId } = await tg(machine, one('metrics', '--tp', 'duration=1500ms'));
    expect(code).toBe(0);
    const lines = (await instanceFile(machine, runId, 0, 'results.out')).trimEnd().split('\n');
    const metrics = lines.map((line) => JSON.parse(line));
    expect(new Set(metrics.map(({ name, type }) => `${type} ${name}`))).toEqual(
      new Set(['counter example.counter1', 'histogram example.histogram1', 'gauge example.gauge1']),
    );
    const diagnostics = (await instanceFile(machine, runId, 0, 'diagnostics.out')).trimEnd().split('\n');
    expect(diagnostics.map((line) => JSON.parse(line).name)).toContain('process.rss');
  });

  test('artifact: prints a file that came with the plan', async () => {
    const machine = await someMachine();
    const { code, runId } = await tg(machine, one('artifact'));
    expect(code).toBe(0);
    expect(await instanceFile(machine, runId, 1, 'run.out')).toContain('This file came with the plan.');
  });

  test('stall: times out with exit 7, and the verdict names the barrier and the last output', async () => {
    const machine = await someMachine();
    const { code, runId, stdout } = await tg(machine, one('stall', '--run-cfg', 'timeout=10s'));
    expect(code).toBe(7);
    const stood =
      'timed-out: still running at the timeout; at barrier "never" (2 of 3); last output: Now stalling';
    expect(await verdictsOf(machine, runId)).toEqual([stood, stood]);
    expect(stdout).toContain('ending the run: the timeout of 10s expired');
    expect(await processesOf(runId)).toEqual([]);
    expect(await readdir(machine.temp)).toEqual([]);
  });

  test('tg plan list has all of them, and the README of the plan has a row for each', async () => {
    const readme = await readFile(new URL('../../plans/example/README.md', import.meta.url), 'utf8');
    const { stdout } = await tg(await someMachine(), ['plan', 'list']);
    const names = stdout
      .trimEnd()
      .split('\n')
      .filter((line) => line.startsWith('example'))
      .map((line) => line.split(/\s+/)[1]);
    expect(names).toEqual(['output', 'failure', 'panic', 'params', 'sync', 'metrics', 'artifact', 'stall']);
    for (const name of names) expect(readme).toContain(`| \`${name}\``);
  });
});
