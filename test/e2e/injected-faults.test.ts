import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sdkPlanWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import {
  instanceFile,
  type Machine,
  onceSaid,
  outputsOf,
  resultOf,
  single,
  someMachine,
  startTg,
  tg,
  verdictsOf,
} from '../support/tg.ts';

/** What plans of these tests use: their sync client, their own number, and how many there are. */
const helpers = `
const { syncClient: sync } = init;
const total = runenv.testInstanceCount;
const index = Number(process.env.HOSTNAME.split('-').at(-1));
const say = (...words) => runenv.recordMessage(words.map((word) => typeof word === 'string' ? word : JSON.stringify(word)).join(' '));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Whether a process is there, seen from outside of it. */
const { readFileSync } = await import('node:fs');
const stateOf = (pid) => { try { return readFileSync('/proc/' + pid + '/stat', 'latin1').split(') ').at(-1)[0]; } catch { return 'gone'; } };
/** Publishes the PIDs of all, by index. */
const everyone = async () => {
  await sync.publish('pids', { index, pid: process.pid });
  const pids = [];
  for await (const its of sync.subscribe('pids')) { pids[its.index] = its.pid; if (pids.filter(Boolean).length === total) return pids; }
};
const until = async (isSo) => { while (!(await isSo())) await sleep(5); };
`;

const plan = (code: string) => sdkPlanWith(`${helpers}\n${code}`);

const faults = (...all: readonly string[]) => all.flatMap((fault) => ['--fault', fault]);

interface FaultEvent {
  readonly did: string;
  readonly instances: readonly string[];
}

/** Runs a plan with --json, and returns its events about faults. */
async function faultsIn(machine: Machine, args: readonly string[]) {
  const { code, stdout, runId } = await tg(machine, [...args, '--json']);
  const events: (FaultEvent & { type: string })[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const its = events.filter(({ type }) => type === 'fault');
  return { code, runId: runId || idIn(stdout), did: its.map(({ did, instances }) => [did, ...instances]) };
}

function idIn(stdout: string): string {
  return /"run_id":"([^"]+)"/.exec(stdout)?.[1] ?? '';
}

describe.concurrent('a fault', () => {
  test('kills an instance, which others see, and which is no crash of the plan', async () => {
    const machine = await someMachine();
    const code = `
      const pids = await everyone();
      await sync.signalEntry('ready');
      if (index === 1) await new Promise(() => setInterval(() => {}, 1000));
      await until(() => ['gone', 'Z'].includes(stateOf(pids[1])));
      say('saw it die');`;
    const run = await tg(machine, [
      ...single(await plan(code), '-i', '3'),
      ...faults('kill single[1] state=ready count=3'),
    ]);
    expect(run.code, run.all).toBe(0);
    expect(run.stdout.match(/>> saw it die/g)).toHaveLength(2);
    expect(await verdictsOf(machine, run.runId)).toEqual([
      'success: reported success and exited with status 0',
      'faulted: ended by a fault: kill single[001] when the state ready is signalled, time 3',
      'success: reported success and exited with status 0',
    ]);
    expect((await resultOf(machine, run.runId)).faults).toEqual([
      { fault: 'kill single[001] when the state ready is signalled, time 3', injected: 1, problem: null },
    ]);
  });

  test('stops an instance with SIGTERM, to which it may answer', async () => {
    const machine = await someMachine();
    const code = `
      process.on('SIGTERM', () => { say('was asked to end'); process.exit(0); });
      if (index === 0) { runenv.recordStageStart('serve'); await new Promise(() => setInterval(() => {}, 1000)); }`;
    const run = await tg(machine, [
      ...single(await plan(code), '-i', '2'),
      ...faults('stop cue stage=serve'),
    ]);
    expect(run.code, run.all).toBe(0);
    expect(run.stdout).toContain('single[000] >> was asked to end');
    expect((await verdictsOf(machine, run.runId))[0]).toMatch(
      /^faulted: ended by a fault: stop the one that gave the cue/,
    );
  });

  test('does not excuse a program that crashes when it is stopped', async () => {
    const machine = await someMachine();
    const code = `
      process.on('SIGTERM', () => { throw new Error('no clean end'); });
      if (index === 0) { runenv.recordStageStart('serve'); await new Promise(() => setInterval(() => {}, 1000)); }`;
    const run = await tg(machine, [
      ...single(await plan(code), '-i', '2'),
      ...faults('stop cue stage=serve'),
    ]);
    expect(run.code, run.all).toBe(1);
    expect((await verdictsOf(machine, run.runId))[0]).toMatch(/^crashed: no clean end/);
  });

  test('kills what an instance has started elsewhere', async () => {
    const machine = await someMachine();
    const code = `
      const { spawn } = await import('node:child_process');
      if (index === 0) {
        const { pid } = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
        await sync.publish('left', pid);
        await new Promise(() => setInterval(() => {}, 1000));
      }
      for await (const pid of sync.subscribe('left')) { await until(() => ['gone', 'Z'].includes(stateOf(pid))); break; }
      say('saw it die');`;
    const run = await tg(machine, [
      ...single(await plan(code), '-i', '2'),
      ...faults('kill single[0] topic=left'),
    ]);
    expect(run.code, run.all).toBe(0);
    expect(run.stdout).toContain('saw it die');
  });

  test('on a cue that comes early happens once all instances are started', async () => {
    const machine = await someMachine();
    // The second group is started after the first, whose instance gives the cue at once.
    const code = `
      if (process.env.TEST_GROUP_ID === 'first') await sync.signalEntry('up');
      await new Promise(() => setInterval(() => {}, 1000));`;
    const text = `
[global]
plan = ${JSON.stringify(await plan(code))}
case = "t"
[[groups]]
id = "first"
instances.count = 1
[[groups]]
id = "second"
instances.count = 40
[[faults]]
kind = "kill"
target = "all"
state = "up"`;
    const composition = join(await folderWith({ 'c.toml': text }), 'c.toml');
    const { code: status, did } = await faultsIn(machine, ['run', 'composition', '-f', composition]);
    // All were hit, so nothing was tested.
    expect([status, did.map(([what, ...instances]) => [what, instances.length])]).toEqual([
      6,
      [['inject', 41]],
    ]);
  });

  test('pauses an instance, and lets it go on', async () => {
    const machine = await someMachine();
    const code = `
      const pids = await everyone();
      let [last, gap] = [performance.now(), 0];
      const tick = setInterval(() => { gap = Math.max(gap, performance.now() - last); last = performance.now(); }, 5);
      await sync.signalAndWait('begin', total);
      if (index === 0) {
        await sync.publish('go', { now: true });
        await until(() => stateOf(pids[1]) === 'T');
        say('is stopped');
        await until(() => stateOf(pids[1]) !== 'T');
        say('goes on');
      }
      await sync.signalAndWait('end', total);
      clearInterval(tick);
      if (index === 1) say('gap of 300 ms', gap >= 300);`;
    const fault = `pause single[1] topic=go 'value={"now":true}' for=2s`;
    const {
      code: status,
      did,
      runId,
    } = await faultsIn(machine, [...single(await plan(code), '-i', '2'), ...faults(fault)]);
    expect(status).toBe(0);
    expect(did).toEqual([
      ['inject', 'single[001]'],
      ['heal', 'single[001]'],
    ]);
    const out = await readFile(join(await outputsOf(machine, runId), 'single', '1', 'run.out'), 'utf8');
    expect(out).toContain('gap of 300 ms true');
  });

  test('that pauses until the end of the run lets it go on when all others have ended', async () => {
    const machine = await someMachine();
    const code = `await sync.signalAndWait('ready', total); await sleep(index === 0 ? 300 : 100); say('done');`;
    const args = [...single(await plan(code), '-i', '3'), ...faults('pause single[0] state=ready count=3')];
    const { code: status, did } = await faultsIn(machine, args);
    expect([status, did]).toEqual([
      0,
      [
        ['inject', 'single[000]'],
        ['heal', 'single[000]'],
      ],
    ]);
  });

  test('restarts an instance in its place, with what it has written', async () => {
    const machine = await someMachine();
    const code = `
      const { appendFileSync } = await import('node:fs');
      const lives = Number(process.env.TEST_RESTARTS ?? 0);
      if (index === 1) {
        appendFileSync(process.env.TEST_OUTPUTS_PATH + '/data', 'life ' + lives + '\\n');
        appendFileSync(process.env.TEST_TEMP_PATH + '/data', 'life ' + lives + '\\n');
        say('life', lives);
        await sync.signalEntry('up');
        if (lives < 2) await new Promise(() => setInterval(() => {}, 1000));
        say(readFileSync(process.env.TEST_OUTPUTS_PATH + '/data', 'utf8') === readFileSync(process.env.TEST_TEMP_PATH + '/data', 'utf8') ? 'kept both' : 'lost some');
      }
      await sync.barrier('up', 3);`;
    const {
      code: status,
      did,
      runId,
    } = await faultsIn(machine, [
      ...single(await plan(code), '-i', '2'),
      ...faults('restart single[1] state=up times=2 for=100ms'),
    ]);
    const out = await instanceFile(machine, runId, 1, 'run.out');
    expect(status, out).toBe(0);
    expect(did).toEqual([
      ['inject', 'single[001]'],
      ['heal', 'single[001]'],
      ['inject', 'single[001]'],
      ['heal', 'single[001]'],
    ]);
    expect(await readFile(join(await outputsOf(machine, runId), 'single', '1', 'data'), 'utf8')).toBe(
      'life 0\nlife 1\nlife 2\n',
    );
    // All lives are in its output, in order.
    expect([...(out ?? '').matchAll(/life (\d)/g)].map(([, life]) => life)).toEqual(['0', '1', '2']);
    expect(out).toContain('kept both');
    expect(await verdictsOf(machine, runId)).toEqual(
      Array(2).fill('success: reported success and exited with status 0'),
    );
  });

  test('restarts what has left its process group, too', async () => {
    const machine = await someMachine();
    const code = `
      const { spawn } = await import('node:child_process');
      if (process.env.TEST_RESTARTS === undefined) {
        const { pid } = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
        await sync.publish('left', pid);
        await new Promise(() => setInterval(() => {}, 1000));
      }
      for await (const pid of sync.subscribe('left')) { say('is', ['gone', 'Z'].includes(stateOf(pid)) ? 'gone' : 'there'); break; }`;
    const run = await tg(machine, [
      ...single(await plan(code), '-i', '1'),
      ...faults('restart all topic=left'),
    ]);
    expect(run.code, run.all).toBe(0);
    expect(run.stdout).toContain('>> is gone');
    expect(run.stdout).not.toContain('left behind');
  });

  test('that restarts does not hide that a later life fails', async () => {
    const machine = await someMachine();
    const code = `
      if (process.env.TEST_RESTARTS === '1') throw new Error('cannot read its own data');
      await sync.signalEntry('up');
      await new Promise(() => setInterval(() => {}, 1000));`;
    const run = await tg(machine, [
      ...single(await plan(code), '-i', '1'),
      ...faults('restart all state=up'),
    ]);
    expect(run.code, run.all).toBe(1);
    expect((await verdictsOf(machine, run.runId))[0]).toContain('cannot read its own data');
  });

  test('that restarts does not start an instance again when the run is being ended', async () => {
    const machine = await someMachine();
    const code = `await sync.signalEntry('up'); await new Promise(() => setInterval(() => {}, 1000));`;
    const args = [
      ...single(await plan(code), '-i', '1', '--timeout', '3s'),
      ...faults('restart all state=up for=1h'),
    ];
    const { code: status, did, runId } = await faultsIn(machine, args);
    expect([status, did]).toEqual([7, [['inject', 'single[000]'], ['fail']]]);
    expect(await verdictsOf(machine, runId)).toEqual([
      expect.stringContaining(
        'timed-out: still running at the timeout; a fault had taken it down (restart all instances (down for 1h) when',
      ),
    ]);
  });

  test('that two faults bring about lasts until both are over', async () => {
    const machine = await someMachine();
    const code = `
      const pids = await everyone();
      await sync.signalAndWait('begin', total);
      if (index === 1) return await sync.barrier('seen', 1);
      await sync.publish('go', 1);
      await until(() => stateOf(pids[1]) === 'T');
      const began = performance.now();
      await until(() => stateOf(pids[1]) !== 'T');
      say('for 500 ms', performance.now() - began >= 500);
      await sync.signalEntry('seen');`;
    const both = faults('pause single[1] topic=go for=2s', 'pause single[1] topic=go for=50ms');
    const run = await tg(machine, [...single(await plan(code), '-i', '2'), ...both]);
    expect(run.code, run.all).toBe(0);
    expect(run.stdout).toContain('for 500 ms true');
  });

  test('comes on a line that -q does not show', async () => {
    const machine = await someMachine();
    const code = `
      if (index === 1) process.stdout.write('plain words\\nmore\\nand more\\n');
      else await new Promise(() => setInterval(() => {}, 1000));`;
    const args = [
      ...single(await plan(code), '-i', '2', '-q'),
      ...faults('kill single[0] line="plain words" by=single[1]'),
    ];
    const run = await tg(machine, args);
    expect(run.code, run.all).toBe(0);
    expect(run.all).not.toContain('plain words');
    expect(run.stdout).toMatch(/1 faulted/);
  });

  test('happens again and again, and once more after each cue', async () => {
    const machine = await someMachine();
    const code = `
      await sync.signalAndWait('ready', total);
      for (let n = 0; n < 5; n++) { await sync.signalEntry('step'); await sleep(60); }`;
    const args = [
      ...single(await plan(code), '-i', '2'),
      ...faults(
        'pause one:all every=30ms times=3 for=10ms',
        'pause cue state=step times=2 by=single[1] for=5ms',
      ),
    ];
    const { code: status, did } = await faultsIn(machine, args);
    expect(status).toBe(0);
    expect(did.filter(([what]) => what === 'inject')).toHaveLength(5);
    expect(did.filter(([what]) => what === 'heal')).toHaveLength(5);
  });

  test.each([
    ['kill all state=never', 'its cue never came'],
    ['kill all state=ready count=3', 'its cue came only 2 of 3 times'],
    ['kill all at=1h', 'the run had ended before'],
    ['kill signalled(other) state=ready', 'there is no such instance'],
    ['kill minority:all state=ready', '2 have no minority'],
    ['kill single[0] ended=single[0]', 'no such instance is running'],
    ['pause all state=ready', 'no instance would be left running, and it has no end: give it one with for'],
  ])('that cannot be injected leaves open whether the run passed: %s', async (fault, why) => {
    const machine = await someMachine();
    const code = `await sync.signalAndWait('ready', total);`;
    const run = await tg(machine, [...single(await plan(code), '-i', '2'), ...faults(fault)]);
    expect(run.code, run.all).toBe(6);
    const { outcome, faults: verdicts, causes } = await resultOf(machine, run.runId);
    expect([outcome, verdicts[0].problem]).toEqual(['unknown', why]);
    expect(causes[0].text).toContain(`: ${why}`);
  });

  test('ends no instance that a person starts', async () => {
    const machine = await someMachine();
    const args = [
      ...single(await plan(''), '-i', '2', '--hold', 'single[0]'),
      ...faults('kill single[0] ended=single[1]'),
    ];
    const run = startTg(machine, args);
    await onceSaid(run, ': single[000] is started by hand');
    run.kill('SIGINT');
    expect((await run).exitCode).toBe(130);
  });

  test('is no longer injected when the run is being ended', async () => {
    const machine = await someMachine();
    const code = `process.on('SIGTERM', () => { say('is asked to end'); setTimeout(() => process.exit(0), 500); }); await sync.signalAndWait('up', 3);`;
    const args = [
      ...single(await plan(code), '-i', '2', '--timeout', '3s'),
      ...faults('pause all line="is asked"'),
    ];
    const { code: status, did } = await faultsIn(machine, args);
    expect([status, did]).toEqual([7, [['fail']]]);
  });

  test('that ends all instances leaves open whether the plan works', async () => {
    const machine = await someMachine();
    const run = await tg(machine, [
      ...single(await plan('await sleep(60_000);'), '-i', '2'),
      ...faults('kill all at=0s'),
    ]);
    expect(run.code, run.all).toBe(6);
    expect(run.stdout).toContain('nothing was tested: faults have ended all instances');
  });

  test('excuses no failure that came before it', async () => {
    const machine = await someMachine();
    const code = `if (index === 0) { runenv.recordFailure(new Error('own fault')); say('failed'); await sleep(60_000); }`;
    const run = await tg(machine, [
      ...single(await plan(code), '-i', '2'),
      ...faults('kill single[0] line=failed'),
    ]);
    expect(run.code, run.all).toBe(1);
    expect((await verdictsOf(machine, run.runId))[0]).toMatch(/^failed: .*own fault/);
  });

  test('hits the same instances with the same seed, and in a rerun', async () => {
    const machine = await someMachine();
    const code = `await sync.signalAndWait('ready', total); await sleep(200);`;
    const args = [
      ...single(await plan(code), '-i', '8'),
      ...faults('kill one:all state=ready count=8', 'pause 3:all state=ready count=8 for=10ms'),
    ];
    const first = await faultsIn(machine, [...args, '--seed', '7']);
    expect(first.code).toBe(0);
    expect(await faultsIn(machine, [...args, '--seed', '7'])).toMatchObject({ did: first.did });
    expect(await faultsIn(machine, ['rerun', first.runId])).toMatchObject({ code: 0, did: first.did });
    const others = [
      await faultsIn(machine, [...args, '--seed', '8']),
      await faultsIn(machine, [...args, '--seed', '9']),
    ];
    expect(others.some(({ did }) => JSON.stringify(did) !== JSON.stringify(first.did))).toBe(true);
  });
});

const composition = `
[global]
plan = "."
case = "t"
[[groups]]
id = "servers"
instances.count = 2
[[groups]]
id = "clients"
instances.count = 2
[[faults]]
kind = "pause"
target = "servers"
topic = "votes"
value = { term = 2 }
by = "clients"
for = "10ms"
[[runs]]
id = "calm"
groups = [{ id = "servers" }, { id = "clients" }]
[[runs]]
id = "hard"
groups = [{ id = "servers" }, { id = "clients" }]
[[runs.faults]]
kind = "kill"
target = "one:servers"
state = "ready"
count = 4
`;

describe('a composition', () => {
  const code = `
    await sync.publish('votes', { term: 2, from: index });
    await sync.signalAndWait('ready', total);
    await sleep(200);`;
  const made = async (text: string) =>
    join(
      await folderWith({ 'composition.toml': text, ...(await filesOf(await plan(code))) }),
      'composition.toml',
    );
  const filesOf = async (dir: string) => ({
    'manifest.toml': await readFile(join(dir, 'manifest.toml'), 'utf8'),
    'index.mjs': await readFile(join(dir, 'index.mjs'), 'utf8'),
  });

  test('has faults for all runs, and for one', async () => {
    const machine = await someMachine();
    const run = await tg(machine, ['run', 'composition', '-f', await made(composition)]);
    expect(run.code, run.all).toBe(0);
    expect(
      run.stdout.match(
        /\(pause servers for 10ms when a message with \{"term":2\} is published to votes by clients\) injected into servers\[0-1\]/g,
      ),
    ).toHaveLength(2);
    expect(run.stdout.match(/\(kill one of servers .*\) injected into servers\[[01]\]/g)).toHaveLength(1);
    expect(run.stdout).toMatch(/4 instances: (1 faulted, 3 success|3 success, 1 faulted);/);
  });

  test('is refused, with the place, if a fault in it is wrong, and shown by --dry-run', async () => {
    const machine = await someMachine();
    const wrong = await made(composition.replace('target = "one:servers"', 'target = "one:server"'));
    const refused = await tg(machine, ['run', 'composition', '-f', wrong]);
    expect([refused.code, refused.all]).toEqual([2, expect.stringContaining('the run does not have server')]);
    const odd = await made(composition.replace('kind = "kill"', 'kind = "kil"'));
    expect((await tg(machine, ['run', 'composition', '-f', odd])).all).toMatch(
      /composition.toml:\d+:\d+: .*kind/,
    );
    const dry = await tg(machine, ['run', 'composition', '-f', await made(composition), '--dry-run']);
    expect(dry.stdout).toContain('  faults:\n    pause servers for 10ms when a message');
    expect(dry.stdout).toContain('    kill one of servers when the state ready is signalled, time 4\n');
  });
});
