import { describe, expect, test } from 'vitest';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { instanceFile, single, someMachine, tg, verdictsOf } from '../support/tg.ts';

describe.concurrent('a plan with the SDK of tg', () => {
  test('writes run.out in the form of the Go SDK', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single('example', '-t', 'output'));
    const [start = '', ...lines] = (await instanceFile(machine, runId, 0, 'run.out')).trimEnd().split('\n');
    expect(start).toMatch(
      /^\{"ts":\d{19},"msg":"","group_id":"single","run_id":"[0-9a-v]{20}","event":\{"start_event":\{"runenv":\{"plan":"example","case":"output",/,
    );
    expect(JSON.parse(start).event.start_event.runenv).toMatchObject({
      run: runId,
      params: {},
      instances: 1,
      group: 'single',
      group_instances: 1,
      network: '127.1.0.0/16',
    });
    expect(lines.map((line) => Object.keys(JSON.parse(line).event)[0])).toEqual([
      ...Array(6).fill('message_event'),
      'success_event',
    ]);
  });

  test('needs no sync service for a test case that takes only runenv', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { invoke } from 'testground-tg/sdk';
       delete process.env.SYNC_SERVICE_HOST;
       await invoke(async (runenv) => runenv.recordMessage('case %s of %s', runenv.testCase, runenv.testPlan));`,
    );
    const { code, stdout } = await tg(machine, single(plan));
    expect(code).toBe(0);
    expect(stdout).toContain('MESSAGE << single[000] >> case t of p');
  });

  test.each([
    ['throw new Error("oops")', 'failed: oops'],
    ['throw "a string"', 'failed: a string'],
    ['runenv.recordFailure(new Error("one")); runenv.recordFailure("two")', 'failed: one (and 1 more)'],
    ['setTimeout(() => { throw new Error("late") }, 1); await new Promise(() => {})', 'crashed: late'],
    ['Promise.reject(new Error("unheard")); await new Promise(() => {})', 'crashed: unheard'],
    ['runenv.intParam("none")', 'failed: parameter "none" is not set'],
    [
      'init.syncClient.close(); await new Promise(() => {})',
      'failed: the test case has not returned, and nothing is left that it could wait for',
    ],
    ['process.exit(0)', 'incomplete: exited with status 0 and reported neither success nor failure'],
    [
      'setInterval(() => {}, 1000); /* does not keep it alive */',
      'success: reported success and exited with status 0',
    ],
  ])('has the right verdict for %s', async (code, verdict) => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await sdkPlanWith(code), '--timeout', '20s'));
    expect(await verdictsOf(machine, runId)).toEqual([verdict]);
  });

  test('fails and names its test cases if invokeMap lacks the requested one', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { invokeMap } from 'testground-tg/sdk'; await invokeMap({ a() {}, b() {} });`,
    );
    const { runId } = await tg(machine, single(plan));
    expect(await verdictsOf(machine, runId)).toEqual([
      'failed: unrecognized test case: t; this plan has a, b',
    ]);
  });

  test('has sequence numbers, ignores network requests without a sidecar, and publishes its stages', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `runenv.recordStageStart('one');
       await init.waitAllInstancesInitialized();
       await init.waitGroupInstancesInitialized();
       await init.netClient.configureNetwork({ network: 'default', enable: true, callbackState: 'shaped' });
       runenv.recordMessage(init.netClient.getDataNetworkIP() + ' ' + init.globalSeq + ' ' + init.groupSeq);
       runenv.recordStageEnd('one');
       await init.syncClient.signalAndWait('staged', 3);
       const seen = [];
       const { WebSocket } = await import(${JSON.stringify(new URL('../../node_modules/ws/wrapper.mjs', import.meta.url).href)});
       const socket = new WebSocket('ws://' + process.env.SYNC_SERVICE_HOST + ':' + process.env.SYNC_SERVICE_PORT);
       await new Promise((resolve) => socket.once('open', resolve));
       socket.send(JSON.stringify({ id: '0', subscribe: { topic: 'run:' + runenv.testRun + ':plan:p:case:t:run_events' } }));
       await new Promise((resolve) => socket.on('message', (data) => {
         seen.push(Object.keys(JSON.parse(JSON.parse(data).subscribe))[0]);
         if (seen.filter((name) => name === 'stage_end_event').length === 6) resolve();
       }));
       runenv.recordMessage(seen.sort().join(','));
       await init.syncClient.signalAndWait('seen', 3);`,
    );
    const { code, stdout, runId } = await tg(machine, single(plan, '-i', '3'));
    expect(code, stdout).toBe(0);
    for (const index of [0, 1, 2]) {
      const out = await instanceFile(machine, runId, index, 'run.out');
      expect(out).toContain('ignoring network change request; running in a sidecar-less environment');
      expect(out).toMatch(/127\.0\.0\.1 [123] [123]/);
      expect(out).toContain('"stage_start_event":{"name":"one","group":"single"}');
      expect(out).toContain(
        [...Array(6).fill('stage_end_event'), ...Array(6).fill('stage_start_event')].join(','),
      );
    }
  });
});
