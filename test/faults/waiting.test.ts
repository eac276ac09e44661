import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { roundedDuration } from '../../src/run/stall/stall-text.ts';
import { fault, runFault } from '../support/faults.ts';
import { describeWith } from '../support/needs.ts';
import { sdkPlanWith } from '../support/plans.ts';
import { ended, idOnceSaid, onceSaid, outputsOf, resultOf, someMachine, startTg, tg } from '../support/tg.ts';
import { until } from '../support/until.ts';

/** The records of one type in a run's journal. */
async function recordsOf(outputs: string, type: string) {
  const lines = (await readFile(join(outputs, 'journal.ndjson'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line)).filter((record) => record.type === type);
}

describe.concurrent('a hang', () => {
  test('is explained during and after it: the waiting instances, the missing one, and its last output', async () => {
    const machine = await someMachine();
    const run = startTg(machine, fault('never-comes', '-i', '4', '--stall-after', '1s'));
    const words = [
      /no progress in the last \d\.\ds/,
      /barrier "ready" \(3 of 4\): waited for by single\[1-3\], for \d\.\ds/,
      /not signalled by single\[0\]/,
      /single\[000\] runs; last output: I do something else/,
    ];
    const said = await onceSaid(run, 'I do something else\n');
    const more = await onceSaid(run, 'single[000] runs; last output');
    const runId = /run is queued with ID: (\S+)/.exec(said)?.[1] ?? '';
    for (const pattern of words) expect(said + more).toMatch(pattern);
    const during = await tg(machine, ['why', runId]);
    expect(during.stdout).toContain(`run ${runId} of faults:never-comes: processing, outcome unknown`);
    for (const pattern of words.slice(1)) expect(during.stdout).toMatch(pattern);
    run.kill('SIGTERM');
    expect((await run).exitCode).toBe(143);
    const after = await tg(machine, ['why']);
    for (const pattern of [...words.slice(1), /^terminated \(SIGTERM\): 4 instances were ended$/m])
      expect(after.stdout).toMatch(pattern);
    const json = JSON.parse((await tg(machine, ['why', '--json'])).stdout);
    expect(json).toMatchObject({ run_id: runId, stopped: 'terminated (SIGTERM)', abandoned: null });
    expect(json.stalled.snapshot.waits).toEqual([
      expect.objectContaining({ kind: 'barrier', name: 'ready', count: 3, target: 4, missing: 'single[0]' }),
    ]);
    // The waits last until the end of the run, not until the last snapshot.
    const since = Date.parse((await resultOf(machine, runId)).ended) - Date.parse(json.stalled.at);
    const waited = roundedDuration(json.stalled.snapshot.waits[0].for_ms + since);
    expect(after.stdout).toContain(`waited for by single[1-3], for ${waited}\n`);
    const logs = await tg(machine, ['logs', runId]);
    expect(logs.stdout).toMatch(/WARN\s+no progress in the last/);
  });

  test('shows that an instance is stopped (SIGSTOP)', async () => {
    const machine = await someMachine();
    const run = startTg(machine, fault('stops-while-others-wait', '-i', '3', '--stall-after', '1s'));
    await onceSaid(run, 'single[000] is stopped (SIGSTOP); last output: about to stop');
    run.kill('SIGINT');
    expect((await run).exitCode).toBe(130);
  });

  test('is in the journal whatever --stall-after says, and tg why explains it after tg was killed', async () => {
    const machine = await someMachine();
    const run = startTg(machine, fault('never-comes', '-i', '3', '--stall-after', '0s'));
    const runId = await idOnceSaid(run, 'I do something else');
    const outputs = await outputsOf(machine, runId);
    // The journal records a stall after one second, whatever --stall-after says.
    await until(async () => (await recordsOf(outputs, 'stalled').catch(() => [])).length > 0);
    run.kill('SIGKILL');
    expect(ended(await run).stdout).not.toContain('no progress');
    const why = await tg(machine, ['why', runId]);
    expect(why.stdout).toMatch(/interrupted, outcome unknown/);
    expect(why.stdout).toMatch(/barrier "ready" \(2 of 3\): waited for by single\[1-2\]/);
  });

  test('does not make tg abandon the run if the failure was expected', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `await init.syncClient.signalAndWait('begun', 3);
       if (runenv.testGroupId === 'first') throw new Error('boom');
       await init.syncClient.barrier('never', 1);`,
    );
    const composition = `
      global = { plan = "${plan}", case = "t", builder = "exec:node", runner = "local:exec" }
      groups = [
        { id = "first", expect = "failure", instances = { count = 1 } },
        { id = "others", expect = "running", instances = { count = 2 } },
      ]`;
    await writeFile(join(machine.cwd, 'c.toml'), composition);
    const run = await tg(machine, ['run', 'composition', '-f', 'c.toml']);
    expect([run.code, run.stdout.includes('abandoned')]).toEqual([0, false]);
  });
});

describe.concurrent('the report of a hang', () => {
  const reported = async (code: string, instances: number, more: readonly string[] = []) => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(code);
    const args = ['--stall-after', '1s', '--timeout', '10s', '-i', String(instances), ...more];
    return (await tg(machine, ['run', 'single', '-p', plan, ...args])).stdout;
  };

  test('names an instance that waits without having signalled', async () => {
    const said = await reported(
      `const seq = await init.syncClient.signalAndWait('begun', 3);
       if (seq !== 2) await init.syncClient.signalEntry('ready');
       await init.syncClient.barrier('ready', 3);`,
      3,
    );
    expect(said).toMatch(/barrier "ready" \(2 of 3\): waited for by single\[0-2\]/);
    expect(said).toMatch(/not signalled by single\[\d\]\n/);
  });

  test('says that no instance is missing if the target exceeds the number of instances', async () => {
    const said = await reported(`await init.syncClient.signalAndWait('ready', 5);`, 2);
    expect(said).toMatch(/barrier "ready" \(2 of 5\)/);
    expect(said).toContain('every instance has signalled it: no instance is missing');
  });

  test('shows an instance that ended silently as incomplete', async () => {
    const said = await reported(
      `const seq = await init.syncClient.signalAndWait('begun', 3);
       if (seq === 2) process.exit(0);
       await init.syncClient.signalAndWait('ready', 3);`,
      3,
    );
    expect(said).toMatch(
      /has ended \(incomplete: exited with status 0 and reported neither success nor failure\)/,
    );
  });

  test('says that the run went on afterwards', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `await new Promise((resolve) => setTimeout(resolve, 1_500));
       console.log('on'); await new Promise((resolve) => setTimeout(resolve, 400));`,
    );
    await tg(machine, ['run', 'single', '-p', plan]);
    expect((await tg(machine, ['why'])).stdout).toMatch(/no progress for \d\.\ds from .*, then it went on/);
  });
});

describe.concurrent('a failed run is not abandoned', () => {
  const compositionRun = async (code: string, groups: string, more: readonly string[] = []) => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(code);
    const global = `global = { plan = "${plan}", case = "t", builder = "exec:node", runner = "local:exec" }`;
    await writeFile(join(machine.cwd, 'c.toml'), `${global}\ngroups = [${groups}]`);
    return await tg(machine, ['run', 'composition', '-f', 'c.toml', ...more]);
  };

  test('while an instance may still end as expected', async () => {
    const run = await compositionRun(
      `await init.syncClient.signalAndWait('begun', 3);
       if (runenv.testGroupId !== 'victim') await init.syncClient.barrier('never', 1);
       runenv.recordFailure(new Error('dying'));
       setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1_500);
       await init.syncClient.barrier('never', 1);`,
      `{ id = "victim", expect = "killed", instances = { count = 1 } }, { id = "others", expect = "running", instances = { count = 2 } }`,
    );
    expect([run.code, run.stdout.includes('abandoned')]).toEqual([0, false]);
  });

  test('while a child process of a waiting instance works', async () => {
    const run = await compositionRun(
      `if (runenv.testGroupId === 'bad') {
         await init.syncClient.barrier('busy', 1);
         throw new Error('boom');
       }
       void init.syncClient.barrier('never', 1);
       const busy = (await import('node:child_process')).spawn('sh', ['-c', 'i=0; while [ $i -lt 1500000 ]; do i=$((i+1)); done']);
       const ended = new Promise((resolve) => busy.once('exit', resolve));
       await new Promise((resolve) => busy.once('spawn', resolve));
       await init.syncClient.signalEntry('busy');
       await ended;`,
      `{ id = "bad", instances = { count = 1 } }, { id = "works", instances = { count = 1 } }`,
    );
    expect([run.code, run.stdout.includes('abandoned')]).toEqual([1, false]);
    expect(run.stdout).toMatch(/outcome: failure; 2 instances: 1 failed, 1 success/);
  });

  test('while a waiting instance works itself', async () => {
    const run = await compositionRun(
      `const { pbkdf2Sync } = await import('node:crypto');
       await init.syncClient.signalAndWait('begun', 2);
       if (runenv.testGroupId === 'bad') throw new Error('boom');
       void init.syncClient.barrier('never', 1);
       // Answered after the barrier has arrived.
       await init.syncClient.signalEntry('waits');
       for (let round = 0; round < 20; round++) pbkdf2Sync('word', 'salt', 200_000, 64, 'sha512');`,
      `{ id = "bad", instances = { count = 1 } }, { id = "works", instances = { count = 1 } }`,
    );
    expect([run.code, run.stdout.includes('abandoned')]).toEqual([1, false]);
    expect(run.stdout).toMatch(/outcome: failure; 2 instances: 1 failed, 1 success/);
  });

  test('while an instance is subscribed to a topic and sleeps', async () => {
    const run = await compositionRun(
      `await init.syncClient.signalAndWait('begun', 2);
       if (runenv.testGroupId === 'bad') throw new Error('boom');
       void init.syncClient.subscribe('t').next();
       await new Promise((resolve) => setTimeout(resolve, 2_500));`,
      `{ id = "bad", instances = { count = 1 } }, { id = "sleeps", instances = { count = 1 } }`,
    );
    expect(run.stdout).toMatch(/outcome: failure; 2 instances: 1 failed, 1 success/);
  });
});

test('a failed run is abandoned even if the waiting instance keeps printing', async () => {
  const machine = await someMachine();
  const plan = await sdkPlanWith(
    `const seq = await init.syncClient.signalAndWait('begun', 2);
     if (seq === 1) throw new Error('boom');
     setInterval(() => console.log('still here'), 100);
     await init.syncClient.barrier('never', 1);`,
  );
  const run = await tg(machine, ['run', 'single', '-p', plan, '-i', '2']);
  expect([run.code, run.stdout]).toEqual([1, expect.stringContaining('the run is abandoned')]);
});

describe('an abandoned run', () => {
  test.each([
    ['fails-while-others-wait', 'single[000] failed: boom'],
    ['dies-while-others-wait', 'single[000] crashed: killed by SIGKILL'],
  ])(
    '%s: fails the waits with the cause; the instances report it and are aborted',
    async (testCase, cause) => {
      const run = await runFault(await someMachine(), testCase, '-i', '5', '--verbose');
      expect(run.code).toBe(1);
      expect(run.stdout).toContain(`the run is abandoned: ${cause}`);
      // Reported by the plan itself.
      expect(run.stdout).toMatch(
        /FAIL << single\[001\] >> aborted: .*; this client was at barrier "ready" \(4 of 5\)/,
      );
      for (const verdict of run.verdicts.slice(1)) {
        expect(verdict).toContain(`aborted: waiting when the run was abandoned (${cause}`);
        expect(verdict).toContain('and exited with status 1, reporting this');
      }
      const result = await resultOf(run.machine, run.runId);
      expect(result.stopped).toMatchObject({ ending: 'abandoned' });
      const [abandoned] = await recordsOf(await outputsOf(run.machine, run.runId), 'abandoned');
      expect(abandoned.instances).toHaveLength(4);
      const why = (await tg(run.machine, ['why'])).stdout;
      expect(why).toContain(`\n${cause}`);
      expect(why).toMatch(/\n4 aborted after single\[000\] (failed|crashed)\n/);
    },
  );

  test('also ends instances that go on after their wait has failed', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `const seq = await init.syncClient.signalAndWait('begun', 3);
       if (seq === 1) throw new Error('boom');
       for (;;) await init.syncClient.barrier('never', 1).catch(() => new Promise(() => setInterval(() => {}, 999)));`,
    );
    const run = await tg(machine, ['run', 'single', '-p', plan, '-i', '3']);
    expect(run.code).toBe(1);
    const { counts, stopped } = await resultOf(machine, run.runId);
    expect([counts, stopped.ending]).toEqual([{ failed: 1, aborted: 2 }, 'abandoned']);
  });
});

describeWith('redis', 'an abandoned run with --sync redis', () => {
  test('aborts the waiting instances, too', async () => {
    const run = await runFault(await someMachine(), 'fails-while-others-wait', '-i', '3', '--sync', 'redis');
    expect([run.code, ...run.verdicts.map((verdict) => verdict.split(':')[0])]).toEqual([
      1,
      'failed',
      'aborted',
      'aborted',
    ]);
  });
});
