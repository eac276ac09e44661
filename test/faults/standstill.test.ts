import { describe, expect, test } from 'vitest';
import { fault } from '../support/faults.ts';
import { describeWith } from '../support/needs.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { onceSaid, resultOf, single, someMachine, startTg, tg } from '../support/tg.ts';

/** A plan where two instances meet; then the first fails, and all others run the given code. */
const whenOneHasFailed = (others: string) =>
  sdkPlanWith(
    `const seq = await init.syncClient.signalAndWait('begun', 2);
     if (seq === 1) throw new Error('boom');
     ${others}`,
  );

describe.concurrent('a stall', () => {
  test('is reported again each time it has lasted at least twice as long', async () => {
    const machine = await someMachine();
    const run = await tg(
      machine,
      fault('never-comes', '-i', '2', '--stall-after', '500ms', '--timeout', '10s'),
    );
    const reported = [...run.stdout.matchAll(/in the last ([\d.]+)s/g)].map(([, time]) => Number(time));
    expect(reported.length).toBeGreaterThan(1);
    // Times are printed in tenths of a second.
    for (const [index, time] of reported.slice(1).entries())
      expect(time).toBeGreaterThanOrEqual(2 * (reported[index] ?? 0) - 0.1);
  });

  test('of a stopped instance (SIGSTOP) is explained by tg why', async () => {
    const machine = await someMachine();
    const run = startTg(machine, fault('stopped', '-i', '1', '--stall-after', '1s'));
    await onceSaid(run, 'no progress in the last');
    expect((await tg(machine, ['why'])).stdout).toContain('single[000] is stopped (SIGSTOP)');
    run.kill('SIGINT');
    await run;
  });
});

describe.concurrent('abandoning a failed run', () => {
  test('also ends instances that ignore SIGTERM', async () => {
    const machine = await someMachine();
    const plan = await whenOneHasFailed(
      `process.on('SIGTERM', () => runenv.recordMessage('no'));
       for (;;) await init.syncClient.barrier('never', 1).catch(() => new Promise(() => setInterval(() => {}, 999)));`,
    );
    const run = await tg(machine, single(plan, '-i', '2', '--verbose'));
    expect([run.code, run.stdout]).toEqual([1, expect.stringMatching(/MESSAGE << single\[00\d\] >> no/)]);
    const { counts, stopped } = await resultOf(machine, run.runId);
    expect([counts, stopped.ending]).toEqual([{ failed: 1, aborted: 1 }, 'abandoned']);
  });

  test('does not happen while an instance is held', async () => {
    const machine = await someMachine();
    const plan = await whenOneHasFailed(`await init.syncClient.barrier('never', 1);`);
    const run = await tg(machine, single(plan, '-i', '3', '--hold', '2', '--timeout', '10s'));
    expect([run.code, run.stdout.includes('abandoned')]).toEqual([7, false]);
    expect((await resultOf(machine, run.runId)).counts['timed-out']).toBe(2);
  });
});

describeWith('redis', 'with --sync redis', () => {
  test('a run with an instance that talks to Redis directly is not abandoned, and ends at its timeout', async () => {
    const machine = await someMachine();
    // Polls a barrier, as sdk-go before 0.3 does.
    const plan = await planWith(
      `import { connect } from 'node:net';
       if (process.env.TEST_OUTPUTS_PATH.endsWith('0')) process.exit(3);
       const redis = connect(Number(process.env.REDIS_PORT), process.env.REDIS_HOST).resume();
       const key = 'run:' + process.env.TEST_RUN + ':plan:p:case:t:states:never';
       setInterval(() => redis.write('*2\\r\\n$3\\r\\nGET\\r\\n$' + key.length + '\\r\\n' + key + '\\r\\n'), 200);`,
    );
    const run = await tg(machine, single(plan, '-i', '2', '--sync', 'redis', '--timeout', '10s'));
    expect(run.stdout).not.toContain('abandoned');
    expect((await resultOf(machine, run.runId)).counts).toEqual({ failed: 1, 'timed-out': 1 });
  });
});
