import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { extract } from 'tar';
import { describe, expect, test } from 'vitest';
import { lives } from '../../src/os/process-id.ts';
import { expectNothingLeft, fault } from '../support/faults.ts';
import { planWith } from '../support/plans.ts';
import {
  helpersOf,
  idOnceSaid,
  type Machine,
  onceSaid,
  outputsOf,
  processesOf,
  single,
  someMachine,
  startTg,
  tg,
} from '../support/tg.ts';
import { until } from '../support/until.ts';

/** Waits until nothing of a run is left; only the timeout of the test limits this. */
async function untilNothingLeft(machine: Machine, runId: string): Promise<void> {
  await until(async () => (await helpersOf(runId)).length === 0);
  await expectNothingLeft(machine, runId);
}

async function killedOnceSaid(
  machine: Machine,
  args: readonly string[],
  ...words: readonly string[]
): Promise<string> {
  const run = startTg(machine, args);
  const runId = await idOnceSaid(run, ...words);
  run.kill('SIGKILL');
  await run;
  return runId;
}

describe.concurrent('killing tg also ends', { tags: ['linux'] }, () => {
  test('every instance and removes its temporary files; the run is interrupted and can be collected', async () => {
    const machine = await someMachine();
    const words = Array.from(
      { length: 20 },
      (_, index) => `single[0${String(index).padStart(2, '0')}] >> I stay`,
    );
    const runId = await killedOnceSaid(machine, fault('stays', '-i', '20'), ...words);
    await untilNothingLeft(machine, runId);
    const status = await tg(machine, ['status']);
    expect(status.stdout).toMatch(/^ID:\t\t(\S+)$/m);
    expect(status.stdout).toMatch(/^Status:\t\tinterrupted$/m);
    const collected = await tg(machine, ['collect', runId, '-o', 'a.tgz']);
    expect(collected.code).toBe(0);
    await extract({ file: join(machine.cwd, 'a.tgz'), cwd: machine.cwd });
    for (let index = 0; index < 20; index++) {
      const out = readFileSync(join(machine.cwd, runId, 'single', String(index), 'run.out'), 'utf8');
      expect(out).toContain('"message":"I stay"');
    }
    expect((await tg(machine, ['terminate', runId])).stdout).toContain('has ended already');
  });

  test.each([
    ['that ignores SIGTERM', 'ignores-sigterm', 'single[000] >> I stay'],
    ['that is stopped', 'stopped', 'about to stop'],
    ['that writes as fast as it can', 'floods', 'single[000] >> 1000 '],
  ])('an instance %s', async (_, testCase, text) => {
    const machine = await someMachine();
    const runId = await killedOnceSaid(machine, fault(testCase, '-i', '1'), text);
    await untilNothingLeft(machine, runId);
  });

  test('processes in other sessions, processes without an environment in its groups, and fork storms', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { spawn } from 'node:child_process';
       const stays = { stdio: 'ignore' };
       spawn('sleep', ['611'], { ...stays, detached: true });
       spawn('env', ['-i', 'sleep', '612'], stays);
       spawn('sh', ['-c', 'while :; do sleep 613 & sleep 0.005; done'], { ...stays, detached: true });
       const { pid } = spawn('env', ['-i', 'sleep', '614'], stays);
       setTimeout(() => console.log('there', pid), 200); setInterval(() => {}, 999);`,
    );
    const run = startTg(machine, single(plan));
    const said = await onceSaid(run, 'there');
    const runId = /run is queued with ID: (\S+)/.exec(said)?.[1] ?? '';
    const bare = Number(/there (\d+)/.exec(said)?.[1]);
    expect(lives({ pid: bare })).toBe(true);
    run.kill('SIGKILL');
    await run;
    await untilNothingLeft(machine, runId);
    expect(lives({ pid: bare })).toBe(false);
  });

  test('a running build and removes what it has made so far', async () => {
    const machine = await someMachine();
    const plan = await planWith('', {
      manifest:
        '[builders."exec:generic"]\nbuild = "touch begun; echo $$ >$HOME/pid; exec sleep 615"\nrun = "true"',
    });
    const run = startTg(machine, single(plan, '-b', 'exec:generic'));
    const runId = await idOnceSaid(run, 'performing build for groups');
    const pidFile = join(machine.env['HOME'] ?? '', 'pid');
    await until(async () => (await stat(pidFile).catch(() => undefined))?.size !== undefined);
    run.kill('SIGKILL');
    await run;
    await untilNothingLeft(machine, runId);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(lives({ pid })).toBe(false);
    expect(await readdir(join(machine.home, 'data', 'work'))).toEqual([]);
  });
});

describe.concurrent('a journal', () => {
  test('identifies processes by PID, start time and boot; every command reads past a torn last line', async () => {
    const machine = await someMachine();
    const runId = await killedOnceSaid(machine, fault('stays', '-i', '1'), 'I stay');
    const outputs = await outputsOf(machine, runId);
    const file = join(outputs, 'journal.ndjson');
    const records = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const whole = {
      kind: 'process',
      id: expect.stringMatching(/^\d+$/),
      start_ticks: expect.stringMatching(/^\d+$/),
      boot: expect.any(String),
    };
    // It may be read in another PID namespace or on another host.
    const place = { host: expect.any(String), namespace: expect.stringMatching(/^pid:/) };
    expect(records[0].owner).toEqual({ ...whole, ...place });
    expect(records.find(({ type }) => type === 'instance-started').ref).toEqual(whole);
    appendFileSync(file, '{"at":"2026-');
    for (const command of ['status', 'logs', 'why', 'collect', 'tasks'])
      expect([command, (await tg(machine, [command, ...(command === 'tasks' ? [] : [runId])])).code]).toEqual(
        [command, 0],
      );
  });

  test('of another boot makes its run interrupted once the heartbeat is stale', async () => {
    const machine = await someMachine();
    const run = startTg(machine, fault('stays', '-i', '1'));
    const runId = await idOnceSaid(run, 'I stay');
    const file = join(await outputsOf(machine, runId), 'journal.ndjson');
    const text = readFileSync(file, 'utf8');
    const state = async () => /^Status:\t\t(\w+)$/m.exec((await tg(machine, ['status', runId])).stdout)?.[1];
    expect(await state()).toBe('processing');
    writeFileSync(file, text.replaceAll(/"boot":"[^"]*"/g, '"boot":"another"'));
    // The heartbeat is still written, perhaps on a cloned host.
    expect(await state()).toBe('processing');
    run.kill('SIGSTOP');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(join(dirname(file), '.heartbeat'), longAgo, longAgo);
    expect(await state()).toBe('interrupted');
    run.kill('SIGCONT');
    run.kill('SIGINT');
    await run;
    expect(await processesOf(runId)).toEqual([]);
  });
});

describe.concurrent('the launcher', { tags: ['linux'] }, () => {
  test.each([
    ['SIGKILL', 'has ended (SIGKILL)'],
    ['SIGSTOP', 'has not answered a request for 15 s'],
  ] as const)(
    'gets %s: the run ends with exit 5, says so, and leaves nothing behind',
    async (signal, text) => {
      const machine = await someMachine();
      // The first of three instances sends the signal once tg knows that the other two have ended.
      const plan = await planWith(`
      import { readFileSync } from 'node:fs';
      const outputs = process.env.TEST_OUTPUTS_PATH;
      if (!outputs.endsWith('/0')) process.exit(outputs.endsWith('/1') ? 0 : 3);
      console.log('said before');
      const journal = () => readFileSync(outputs + '/../../journal.ndjson', 'utf8');
      while (journal().split('"type":"instance-exited"').length < 3);
      process.kill(process.ppid, '${signal}');
      setInterval(() => {}, 1_000);
    `);
      const run = await tg(machine, single(plan, '-i', '3', '--timeout', '10s'));
      expect(run.code).toBe(5);
      const result = JSON.parse(
        readFileSync(join(await outputsOf(machine, run.runId), 'result.json'), 'utf8'),
      );
      expect(result).toMatchObject({
        outcome: 'failure',
        counts: { success: 1, failed: 1, aborted: 1 },
        stopped: { ending: 'runner-lost' },
        groups: [
          {
            instances: [
              { outcome: 'aborted', reason: expect.stringMatching(/^how it ended is unknown.*said before/) },
              { outcome: 'success' },
              { outcome: 'failed', reason: 'exited with status 3' },
            ],
          },
        ],
      });
      expect(run.all).toContain(`the tg process that starts the instances ${text}`);
      await expectNothingLeft(machine, run.runId);
      const collected = await tg(machine, ['collect', run.runId, '-o', 'a.tgz']);
      expect(collected.code).toBe(0);
      await extract({ file: join(machine.cwd, 'a.tgz'), cwd: machine.cwd });
      const said = readFileSync(join(machine.cwd, run.runId, 'single', '0', 'run.out'), 'utf8');
      expect(said).toBe('said before\n');
    },
  );

  test('does not count as a flaky failure of the plan when it is lost', async () => {
    const machine = await someMachine();
    const plan = await planWith("process.kill(process.ppid, 'SIGKILL'); setInterval(() => {}, 1_000);");
    const run = await tg(machine, single(plan, '-i', '1', '--repeat', '2'));
    expect(run.code).toBe(5);
    expect(run.stdout).toContain('no run failed');
  });
});
