import { describe, expect, test } from 'vitest';
import { someMachine, tg, verdictsOf } from '../support/tg.ts';

/** The plans that ship with tg do what their pages say, and measure it. */

const rowsOf = async (...args: Parameters<typeof tg>) => JSON.parse((await tg(...args)).stdout).metrics;

describe.concurrent('gossip', () => {
  test('reaches more than 80 % of the instances on average, and measures reach, redundancy and latency', async () => {
    const machine = await someMachine();
    const run = await tg(machine, [
      'run',
      'single',
      '-p',
      'gossip',
      '-i',
      '12',
      '--tp',
      'rumours=3',
      '--tp',
      'fanout=8',
      '--seed',
      '1',
    ]);
    expect(run.code, run.all).toBe(0);
    const rows = await rowsOf(machine, ['metrics', '--source', 'results', '--json']);
    const of = (metric: string, tags = '') =>
      rows.find((row: { metric: string; tags: string }) => row.metric === metric && row.tags === tags);
    expect(of('reach')).toMatchObject({ count: 3 });
    expect(of('reach').mean).toBeGreaterThan(0.8);
    expect(of('redundancy').count).toBe(36);
    // The instance that begins a rumour tells eight others.
    expect(of('latency', 'hop=1').count).toBeGreaterThan(0);
    expect(run.stdout).toMatch(/ MESSAGE << single\[\d+\] >> reach: \d\.\d+, \d\.\d+, \d\.\d+; on average/);
  });

  test('fails if all messages get lost, and one instance reports it', async () => {
    const machine = await someMachine();
    const run = await tg(machine, [
      'run',
      'single',
      '-p',
      'gossip',
      '-i',
      '5',
      '--tp',
      'rumours=1',
      '--tp',
      'loss=1',
    ]);
    expect(run.code).toBe(1);
    const verdicts = (await verdictsOf(machine, run.runId)).sort();
    expect(verdicts[0]).toBe('failed: rumours reached 0.200 of all instances, which must be at least 0.8');
    expect(verdicts.slice(1).every((verdict) => verdict.startsWith('success'))).toBe(true);
  });
});

describe.concurrent('kv', () => {
  test('is linearizable with quorums, even if a minority of replicas stops answering', async () => {
    const machine = await someMachine();
    const run = await tg(machine, [
      'run',
      'single',
      '-p',
      'kv',
      '-i',
      '5',
      '--tp',
      'silent=2',
      '--tp',
      'operations=40',
    ]);
    expect(run.code, run.all).toBe(0);
    expect(run.stdout).toContain('200 operations: linearizable');
    const rows = await rowsOf(machine, ['metrics', '-n', 'read', '-n', 'write', '--json']);
    expect(rows.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(200);
  });

  test('fails as not linearizable with local reads, and one instance reports it', async () => {
    const machine = await someMachine();
    const run = await tg(machine, ['run', 'single', '-p', 'kv', '-t', 'local-reads', '-i', '5']);
    expect(run.code).toBe(1);
    const verdicts = (await verdictsOf(machine, run.runId)).sort();
    expect(verdicts[0]).toMatch(/^failed: not linearizable: /);
    expect(verdicts.slice(1).every((verdict) => verdict.startsWith('success'))).toBe(true);
  });

  test('fails if half of the replicas are to stop answering', async () => {
    const machine = await someMachine();
    const run = await tg(machine, ['run', 'single', '-p', 'kv', '-i', '4', '--tp', 'silent=2']);
    expect([run.code, await verdictsOf(machine, run.runId)]).toEqual([
      1,
      Array(4).fill('failed: fewer than half of 4 replicas may stop answering, not 2'),
    ]);
  });
});
