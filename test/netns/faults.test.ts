import { describe, expect, test } from 'vitest';
import { netComposition } from '../support/composition.ts';
import { inNetns, netPlan } from '../support/netns.ts';
import { type Machine, resultOf, someMachine, tg } from '../support/tg.ts';

const faults = (...all: readonly string[]) => all.flatMap((fault) => ['--fault', fault]);

/** What plans of these tests use: their own index, the addresses of all by index, and whom they hear. */
const helpers = `
  const index = Number(/(\\d+)$/.exec(process.env.TEST_OUTPUTS_PATH)[1]);
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const { got, socket } = await listen();
  await sync.publish('all', { index, address: addresses()[0].split('/')[0] });
  const everyone = [];
  for await (const its of sync.subscribe('all')) { everyone[its.index] = its.address; if (everyone.filter(Boolean).length === total) break; }
  /** Sends to all others for a while. Returns the indexes of those that it hears. The control network has no faults. */
  const exchange = async () => {
    await all();
    got.length = 0;
    await all();
    for (let time = 0; time < 10; time++) {
      for (const [other, address] of everyone.entries()) if (other !== index) await send(address);
      await sleep(20);
    }
    await all();
    await sleep(100);
    return [...new Set(got.map((address) => everyone.indexOf(address)))].sort();
  };
`;

/** Runs a plan with faults, and returns what each instance has said last, by index. */
async function said(machine: Machine, code: string, instances: number, ...its: readonly string[]) {
  const plan = await netPlan(`${helpers}\n${code}\nsocket.close();`);
  const { code: status, stdout, all, runId } = await tg(machine, [...inNetns(plan, instances), ...its]);
  expect(status, all).toBe(0);
  const lines = [...stdout.matchAll(/MESSAGE << single\[(\d+)\] >> hears (\[.*\])/g)];
  const byIndex = new Map(
    lines.map(([, index, heard]) => [Number(index), JSON.parse(heard ?? '') as number[]]),
  );
  return { hears: Array.from({ length: instances }, (_, index) => byIndex.get(index) ?? []), stdout, runId };
}

/** Two rounds after the cue: before the second, the fault has begun. */
const matrix = `
  say('before', await exchange());
  await sync.signalEntry('cut');
  await exchange();
  say('hears', await exchange());`;

describe('faults of the network', { tags: ['networks'] }, () => {
  test.each([
    ['disconnect single[1] state=cut', [[2, 3], [], [0, 3], [0, 2]]],
    ['disconnect single[1] state=cut direction=in', [[1, 2, 3], [], [0, 1, 3], [0, 1, 2]]],
    [
      'disconnect single[1] state=cut direction=out',
      [
        [2, 3],
        [0, 2, 3],
        [0, 3],
        [0, 2],
      ],
    ],
    ['lossy single[0] state=cut link=loss=100%', [[], [2, 3], [1, 3], [1, 2]]],
  ])('%s', async (fault, expected) => {
    const { hears, stdout } = await said(await someMachine(), matrix, 4, ...faults(fault));
    expect(hears).toEqual(expected);
    expect(stdout.match(/before \[/g)).toHaveLength(4);
  });

  test('a partition has two sides that do not reach each other, the same ones with the same seed', async () => {
    const split = async () =>
      (
        await said(
          await someMachine(),
          matrix,
          5,
          ...faults('partition minority:all state=cut'),
          '--seed',
          '3',
        )
      ).hears;
    const hears = await split();
    const sides = new Set(hears.map((others, index) => JSON.stringify([...others, index].sort())));
    expect([...sides].map((side) => JSON.parse(side).length).sort()).toEqual([2, 3]);
    expect(await split()).toEqual(hears);
  });

  test('a ring lets each reach two neighbours, and a bridge joins two halves', async () => {
    const machine = await someMachine();
    const ring = await said(machine, matrix, 5, ...faults('partition all layout=ring state=cut'));
    expect(ring.hears.map(({ length }) => length)).toEqual([2, 2, 2, 2, 2]);
    const bridge = await said(machine, matrix, 5, ...faults('partition all layout=bridge state=cut'));
    expect(bridge.hears.map(({ length }) => length).sort()).toEqual([2, 2, 2, 2, 4]);
  });

  test('heals, and counts what it has dropped', async () => {
    const machine = await someMachine();
    const code = `
      await sync.signalEntry('cut');
      while ((await exchange()).length === total - 1);
      say('is cut');
      let heard = [];
      while (heard.length < total - 1) heard = await exchange();
      say('hears', heard);`;
    const { hears, runId } = await said(
      machine,
      code,
      2,
      ...faults('disconnect single[0] state=cut count=2 for=5s'),
    );
    expect(hears).toEqual([[1], [0]]);
    const { network, faults: verdicts } = await resultOf(machine, runId);
    expect(verdicts).toMatchObject([{ injected: 1, problem: null }]);
    for (const link of network.measured.links) expect(link.lost).toBeGreaterThan(0);
  });

  test('slow what is between two sides, in both directions, and no other', async () => {
    const code = `
      const echo = net.createServer((socket) => socket.pipe(socket)).listen(7001);
      await all();
      const ping = async (to) => {
        const began = performance.now();
        const socket = net.connect(7001, everyone[to]);
        await new Promise((resolve, reject) => socket.on('connect', resolve).on('error', reject));
        socket.destroy();
        return performance.now() - began;
      };
      await sync.signalEntry('cut');
      await all();
      if (index === 1) {
        while ((await ping(0)) < 2_000);
        say('to 2 at once', (await ping(2)) < 2_000);
        await sync.signalEntry('measured');
      }
      await sync.barrier('measured', 1);
      echo.close();
      say('hears', []);`;
    const fault = 'slow single[0] state=cut link=latency=1s';
    const { stdout } = await said(await someMachine(), code, 3, ...faults(fault));
    expect(stdout).toContain('to 2 at once true');
  });

  test('two at the same time end one after the other', async () => {
    const code = `
      await sync.signalEntry('cut');
      while ((await exchange()).length === total - 1);
      say('is cut');
      let heard = [];
      while (heard.length < total - 1) heard = await exchange();
      say('hears', heard);`;
    const both = faults(
      'disconnect single[0] state=cut count=3 for=3s',
      'disconnect single[1] state=cut count=3 for=6s',
    );
    const { hears } = await said(await someMachine(), code, 3, ...both);
    expect(hears).toEqual([
      [1, 2],
      [0, 2],
      [0, 1],
    ]);
  });

  test('go on top of what a composition declares, and end without it', async () => {
    const code = `
      say('before', await exchange());
      await sync.signalEntry('cut');
      await exchange();
      say('hears', await exchange());`;
    const declared = ['--net', 'single[0]<>single[2]:drop'];
    const { hears } = await said(
      await someMachine(),
      code,
      3,
      ...declared,
      ...faults('disconnect single[1] state=cut'),
    );
    expect(hears).toEqual([[], [], []]);
  });
});

describe('nat-reset', { tags: ['networks'] }, () => {
  const plan = (code: string) => `
    const { got, socket } = await listen();
    const at = {};
    await sync.publish('at', { group: runenv.testGroupId, address: addresses()[0].split('/')[0] });
    for await (const its of sync.subscribe('at')) { at[its.group] = its.address; if (Object.keys(at).length === 2) break; }
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    ${code}
    socket.close();`;
  const meet = plan(`
    if (runenv.testGroupId === 'hub') {
      const seen = new Promise((resolve) => socket.once('message', (_, from) => resolve(from)));
      await all();
      const { address, port } = await seen;
      const call = async (state) => {
        for (let time = 0; time < 10; time++) { socket.send('hello', port, address); await sleep(20); }
        await sync.signalAndWait(state, 1);
      };
      await call('called');
      await sync.barrier('heard', 1);
      await sync.signalEntry('reset');
      await sleep(300);
      await sync.barrier('cleared', 1);
      await call('called again');
    } else {
      await all();
      while (got.length === 0) { socket.send('open', 7000, at.hub); await sleep(20); }
      await sync.barrier('called', 1);
      await sleep(100);
      await sync.signalEntry('heard');
      await sleep(150);
      got.length = 0;
      await sync.signalEntry('cleared');
      await sync.barrier('called again', 1);
      await sleep(200);
      say('after the reset', got.length);
    }`);
  const composition = async (machine: Machine, nat: string) =>
    await netComposition(machine, ['hub', 'home'], nat, { code: meet, count: 1 });

  test('lets NATs forget those who may send', async () => {
    const machine = await someMachine();
    const file = await composition(machine, '[network]\nnat = { home = "restricted" }');
    const run = async (...its: readonly string[]) =>
      await tg(machine, ['run', 'composition', '-f', file, ...its]);
    const calm = await run();
    expect(calm.code, calm.all).toBe(0);
    expect(calm.stdout).toMatch(/after the reset [1-9]/);
    const reset = await run(...faults('nat-reset home state=reset'));
    expect(reset.code, reset.all).toBe(0);
    expect(reset.stdout).toContain('after the reset 0');
  });

  test('is not carried out where there is none', async () => {
    const machine = await someMachine();
    const file = await composition(machine, '');
    const run = await tg(machine, ['run', 'composition', '-f', file, ...faults('nat-reset hub state=reset')]);
    expect([run.code, run.stdout]).toEqual([6, expect.stringContaining('hub[000] is behind no NAT')]);
  });
});

describe('a fault of the network is refused', { tags: ['networks'] }, () => {
  test.each([
    [
      'with local:exec',
      ['--runner', 'local:exec'],
      'disconnect all at=1s',
      'the runner local:exec has no disconnect',
    ],
    [
      'with engine=kernel',
      ['--run-cfg', 'engine=kernel'],
      'disconnect all at=1s',
      'engine=kernel cannot do this: faults of the network',
    ],
    ['with a link that is wrong', [], 'slow all at=1s link=latency=soon', 'slow: "soon" is no latency'],
    ['for a partition of all', [], 'partition all at=1s', 'a partition needs a share of a set'],
  ])('%s', async (_, more, fault, why) => {
    const { code, all } = await tg(await someMachine(), [
      ...inNetns(await netPlan(''), 2, ...more),
      ...faults(fault),
    ]);
    expect([code, all]).toEqual([2, expect.stringContaining(why)]);
  });
});
