import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { jsonEventSchema } from '../../src/cli/output/json/json-events.ts';
import { resultSchema } from '../../src/run/verdict/result-schema.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import {
  ended,
  idOnceSaid,
  onceSaid,
  outputsOf,
  processesOf,
  resultOf,
  single,
  someMachine,
  startTg,
  tg,
  verdictsOf,
  watchdogsOf,
} from '../support/tg.ts';

const stays = 'console.log("here I am"); setInterval(() => {}, 1000)';

describe.concurrent('tg tasks and tg status', () => {
  test('show a run in progress, a canceled one, and one that was interrupted by killing tg', async () => {
    const machine = await someMachine();
    const plan = await planWith(stays);
    const run = startTg(machine, single(plan));
    const id = await idOnceSaid(run, 'here I am');
    const during = await tg(machine, ['status', id]);
    expect(during.stdout).toMatch(/^Status:\t\tprocessing\nOutcome:\tunknown$/m);
    expect((await tg(machine, ['tasks'])).stdout).toMatch(
      new RegExp(`^${id} .* UTC +p +t +\\S+ +processing +run +unknown +1 +default$`, 'm'),
    );
    run.kill('SIGTERM');
    await run;
    const after = await tg(machine, ['status', '-t', id, '--json']);
    expect(JSON.parse(after.stdout)).toMatchObject({
      run_id: id,
      state: 'canceled',
      outcome: 'canceled',
      error: 'terminated (SIGTERM)',
    });
    // A tg that is killed records no end of its run.
    const killed = startTg(machine, single(plan));
    const lost = await idOnceSaid(killed, 'here I am');
    // Nor does its watchdog if it is killed first.
    for (const pid of await watchdogsOf(lost)) process.kill(pid, 'SIGKILL');
    killed.kill('SIGKILL');
    await killed;
    expect((await tg(machine, ['status', lost])).stdout).toMatch(
      /^Status:\t\tinterrupted\nOutcome:\tunknown$/m,
    );
    expect((await tg(machine, ['logs', lost])).stdout).toContain('OTHER << single[000] >> here I am');
    expect(await processesOf(lost)).toHaveLength(1);
    const fixed = await tg(machine, ['doctor', '--fix']);
    expect([fixed.code, fixed.stdout]).toEqual([
      0,
      expect.stringContaining('- interrupted-runs: ok; ended 1 process'),
    ]);
    expect(await processesOf(lost)).toEqual([]);
  });

  test('tasks lists the newest first and skips torn journals; status exits 3 for a torn or unknown one', async () => {
    const machine = await someMachine();
    const plan = await planWith('');
    const first = (await tg(machine, single(plan))).runId;
    const second = (await tg(machine, single(plan))).runId;
    const broken = (await tg(machine, single(plan))).runId;
    writeFileSync(join(await outputsOf(machine, broken), 'journal.ndjson'), '{"torn');
    mkdirSync(join(machine.home, 'data', 'outputs', 'local_exec', 'other', 'no-run'), { recursive: true });
    const { stdout, code } = await tg(machine, ['tasks', '--json']);
    expect(code).toBe(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).run_id),
    ).toEqual([second, first]);
    expect((await tg(machine, ['tasks', '-n', '1', '--outcome', 'success'])).stdout).toContain(second);
    const torn = await tg(machine, ['status', broken]);
    expect([torn.code, torn.stderr]).toEqual([
      3,
      expect.stringContaining('the records of this run cannot be read'),
    ]);
    const unknown = await tg(machine, ['status', `${first.slice(0, -1)}w`]);
    expect([unknown.code, unknown.stderr]).toEqual([3, expect.stringContaining(`Did you mean`)]);
  });
});

describe.concurrent('tg logs', () => {
  test('prints lines in order of time, with -i only those of an instance', async () => {
    const machine = await someMachine();
    // The clocks of two processes differ by as long as one was interrupted when it began.
    const plan = await sdkPlanWith(`
for (let round = 0; round < 20; round++) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  runenv.recordMessage('round ' + round);
  await init.syncClient.signalAndWait('round ' + round, runenv.testInstanceCount);
}
console.error('at its end');`);
    const { runId } = await tg(machine, single(plan, '-i', '3'));
    const all = (await tg(machine, ['logs', runId])).stdout;
    const rounds = [...all.matchAll(/MESSAGE << single\[\d+\] >> round (\d+)/g)].map(([, round]) =>
      Number(round),
    );
    expect(rounds).toEqual(Array.from({ length: 60 }, (_, index) => Math.floor(index / 3)));
    expect(all.match(/ERROR << single\[\d+\] >> at its end/g)).toHaveLength(3);
    const one = (await tg(machine, ['logs', runId, '-i', 'single[2]'])).stdout;
    expect(new Set([...one.matchAll(/<< (\S+) >>/g)].map(([, tag]) => tag))).toEqual(
      new Set(['single[002]']),
    );
    const none = await tg(machine, ['logs', runId, '-i', 'other']);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('the run has no instance "other"')]);
  });

  test('-f prints old and new lines until the run ends', async () => {
    const machine = await someMachine();
    const gate = join(machine.temp, 'gate');
    const plan = await planWith(`
import { existsSync } from 'node:fs';
console.log('before');
const timer = setInterval(() => { if (existsSync(${JSON.stringify(gate)})) { console.log('after'); clearInterval(timer); } }, 20);`);
    const run = startTg(machine, single(plan, '-i', '2'));
    const id = await idOnceSaid(run, 'before');
    const logs = startTg(machine, ['logs', '-f', id]);
    const said = await onceSaid(logs, 'before');
    writeFileSync(gate, '');
    const rest = ended(await logs);
    await run;
    expect(rest.code).toBe(0);
    expect((said + rest.stdout).match(/OTHER << single\[00\d\] >> after/g)).toHaveLength(2);
    expect(rest.stdout).toContain('run finished with outcome success');
  });
});

describe.concurrent('detached runs', () => {
  test('--detach returns while the run goes on; status, logs, terminate and collect work on it', async () => {
    const machine = await someMachine();
    const plan = await planWith(stays);
    const { code, runId } = await tg(machine, single(plan, '-i', '2', '--detach'));
    expect(code).toBe(0);
    const follow = startTg(machine, ['logs', '-f', runId]);
    await onceSaid(follow, 'here I am');
    expect((await tg(machine, ['status', runId])).stdout).toMatch(
      /^Status:\t\tprocessing\nOutcome:\tunknown$/m,
    );
    const terminated = await tg(machine, ['terminate', runId]);
    expect([terminated.code, terminated.stdout]).toEqual([
      0,
      `${runId}: terminated\nall jobs terminated: 1 run\n`,
    ]);
    expect(ended(await follow).stdout).toContain('ending the run: terminated (SIGTERM)');
    expect(await processesOf(runId)).toEqual([]);
    expect((await resultOf(machine, runId)).outcome).toBe('canceled');
    expect((await tg(machine, ['status', runId])).stdout).toMatch(
      /^Status:\t\tcanceled\nOutcome:\tcanceled$/m,
    );
    expect((await tg(machine, ['collect', runId])).code).toBe(0);
    expect(readdirSync(join(machine.home, 'data', 'detached'))).toEqual([]);
    const again = await tg(machine, ['terminate', runId]);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('has ended already (canceled)')]);
  });

  test('status shows why a detached run could not start', async () => {
    const machine = await someMachine();
    const plan = await planWith('const x = ;');
    const { code, runId } = await tg(machine, single(plan, '--detach'));
    expect(code).toBe(0);
    await tg(machine, ['logs', '-f', runId]);
    const { stdout } = await tg(machine, ['status', runId]);
    expect(stdout).toMatch(/^Outcome:\terror$/m);
    expect(stdout).toMatch(/^Error:\t\t.*does not build/m);
  });

  test('terminate --builder ends only runs of that builder, by its docker: name too', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith(stays), '--detach'));
    expect((await tg(machine, ['terminate', '--builder', 'exec:go'])).stdout).toBe(
      'all jobs terminated: 0 runs\n',
    );
    expect((await tg(machine, ['terminate', '--builder', 'docker:node'])).stdout).toContain(
      `${runId}: terminated`,
    );
  });
});

describe.concurrent('tg rerun', () => {
  test('uses the parameters, seed and artifact of the run, and needs the variables of --env again', async () => {
    const machine = await someMachine({ SECRET: 'xyzzy' });
    const plan = await planWith(
      'console.log("v1", process.env.TEST_INSTANCE_PARAMS, process.env.TEST_SEED, process.env.SECRET)',
      {
        params: 'n = { type = "int", default = 1 }',
      },
    );
    const flags = ['-i', '2', '--tp', 'n=7', '--env', 'SECRET', '--timeout', '1m'];
    const first = await tg(machine, single(plan, ...flags));
    const said = (text: string) => [...text.matchAll(/OTHER << (.*)/g)].map(([line]) => line).sort();
    expect(said(first.stdout)[0]).toMatch(/single\[000\] >> v1 n=7 \d+ xyzzy/);
    // The plan has changed since; the artifact of the run is used.
    writeFileSync(join(plan, 'index.mjs'), 'console.log("v2")');
    const again = await tg(machine, ['rerun', first.runId]);
    expect([again.code, said(again.stdout)]).toEqual([0, said(first.stdout)]);
    expect(again.runId).not.toBe(first.runId);
    const built = await tg(machine, ['rerun', 'latest', '--build']);
    expect(said(built.stdout)).toEqual(['OTHER << single[000] >> v2', 'OTHER << single[001] >> v2']);
    // run.json has the names of variables, not their values.
    const kept = readFileSync(join(await outputsOf(machine, first.runId), 'run.json'), 'utf8');
    expect(kept).not.toContain('xyzzy');
    expect(JSON.parse(kept)).toMatchObject({
      version: 2,
      env: ['SECRET'],
      versions: { node: process.version },
    });
    const without = await tg({ ...machine, env: { ...machine.env, SECRET: '' } }, [
      'rerun',
      first.runId,
      '--dry-run',
    ]);
    expect(without.code).toBe(0);
    const { SECRET: _, ...bare } = machine.env;
    const missing = await tg({ ...machine, env: bare }, ['rerun', first.runId]);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining('the run had SECRET set, and this environment does not'),
    ]);
  });

  test('a rerun and composition.toml of a run keep parameter values that look like templates', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log(process.env.TEST_INSTANCE_PARAMS)', {
      params: 'n = { type = "string", default = "" }',
    });
    const { runId } = await tg(machine, single(plan, '--tp', 'n={{ .Env.HOME }} {{'));
    const file = join(await outputsOf(machine, runId), 'composition.toml');
    const again = await tg(machine, ['run', 'composition', '-f', file]);
    const kept = [0, expect.stringContaining('>> n={{ .Env.HOME }} {{\n')];
    expect([again.code, again.stdout]).toEqual(kept);
    for (const id of [runId, again.runId]) {
      const rerun = await tg(machine, ['rerun', id]);
      expect([rerun.code, rerun.stdout]).toEqual(kept);
    }
  });

  test('repeats a run from an unpacked archive, as its composition.toml does; exits 3 if run.json is broken', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log(process.env.TEST_GROUP_ID, process.env.TEST_INSTANCE_PARAMS)', {
      params: 'n = { type = "int", default = 1 }',
    });
    const file = join(
      await folderWith({
        'c.toml': `[global]\nplan = ${JSON.stringify(plan)}\ncase = "t"\n[[groups]]\nid = "a"\ninstances = { count = 1 }\n[[groups]]\nid = "b"\ninstances = { count = 2 }\nrun = { test_params = { n = 5 } }\n`,
      }),
      'c.toml',
    );
    const run = await tg(machine, ['run', 'composition', '-f', file, '--collect']);
    await execa('tar', ['xzf', `${run.runId}.tgz`], { cwd: machine.cwd });
    const said = (text: string) => [...text.matchAll(/OTHER << (.*)/g)].map(([line]) => line).sort();
    const again = await tg(machine, ['rerun', `./${run.runId}`, '--yes']);
    expect([again.code, said(again.stdout)]).toEqual([0, said(run.stdout)]);
    const composed = await tg(machine, [
      'run',
      'composition',
      '-f',
      join(run.runId, 'composition.toml'),
      '--strict',
    ]);
    expect([composed.code, said(composed.stdout)]).toEqual([0, said(run.stdout)]);
    writeFileSync(join(machine.cwd, run.runId, 'run.json'), '{}');
    const broken = await tg(machine, ['rerun', `./${run.runId}`]);
    expect([broken.code, broken.stderr]).toEqual([3, expect.stringContaining('cannot be read as a run')]);
  });
});

describe.concurrent('machine-readable results', () => {
  test('--json prints only events that match the schema', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      'if (init.globalSeq === 2) throw new Error("second");\nconsole.error("words");',
    );
    const { stdout, code, stderr } = await tg(
      machine,
      single(plan, '-i', '2', '--json', '--collect', '--sync', 'memory'),
    );
    expect([code, stderr]).toEqual([1, '']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => jsonEventSchema.parse(JSON.parse(line)));
    const types = new Set(events.map(({ type }) => type));
    expect([...types]).toEqual(
      expect.arrayContaining([
        'run-queued',
        'notice',
        'run-started',
        'instance-started',
        'line',
        'instance-exited',
        'run-ended',
        'collected',
        'finished',
      ]),
    );
    const ended = events.find((event) => event.type === 'run-ended');
    expect(ended?.type === 'run-ended' && ended.result.counts).toEqual({ success: 1, failed: 1 });
    const id = events[0]?.run_id ?? '';
    expect(resultSchema.parse(await resultOf(machine, id))).toMatchObject({ run_id: id });
    expect(events.at(-1)).toMatchObject({ type: 'finished', runs: [{ run_id: id, outcome: 'failure' }] });
  });

  test('an impossible time in an event breaks neither --json nor tg logs', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      'console.log(JSON.stringify({ ts: 1e300, event: { message_event: { message: "odd" } } }))',
    );
    const run = await tg(machine, single(plan, '--json'));
    expect([run.code, run.stderr]).toEqual([6, '']);
    const logs = await tg(machine, ['logs']);
    expect([logs.code, logs.stdout]).toEqual([0, expect.not.stringContaining('NaN')]);
  });

  test('--json reports a failed build and a run that ends at its timeout', async () => {
    const machine = await someMachine();
    const broken = await tg(machine, single(await planWith('const x = ;'), '--json'));
    expect(broken.code).toBe(4);
    const events = broken.stdout
      .trimEnd()
      .split('\n')
      .map((line) => jsonEventSchema.parse(JSON.parse(line)));
    expect(events.at(-1)).toMatchObject({
      type: 'finished',
      runs: [{ outcome: 'error', error: expect.stringContaining('does not build') }],
    });
    const stopped = await tg(machine, single(await planWith(stays), '--json', '--timeout', '500ms'));
    const reported = stopped.stdout
      .trimEnd()
      .split('\n')
      .map((line) => jsonEventSchema.parse(JSON.parse(line)));
    expect(reported).toContainEqual(expect.objectContaining({ type: 'stopping', ending: 'timeout' }));
  });

  test('--junit has a test case for each instance and escapes their errors; exits 5 if it cannot be written', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      'if (init.globalSeq === 1) throw new Error("<&\\"\\u0001 ]]> odd");\nif (init.globalSeq === 2) process.exit(0);',
    );
    await tg(machine, single(plan, '-i', '3', '--junit', 'report.xml'));
    const xml = readFileSync(join(machine.cwd, 'report.xml'), 'utf8');
    expect(xml).toMatch(/<testsuites tests="3" failures="1" errors="1" time="\d+\.\d{3}" name="tg">/);
    expect(xml).toMatch(/<testsuite name="p\.t\.default" tests="3"/);
    expect(xml.match(/<testcase name="single\[00\d\]" classname="p\.t\.default"/g)).toHaveLength(3);
    expect(xml).toContain('failed: &lt;&amp;"\\x01 ]]&gt; odd');
    const times = [...xml.matchAll(/ time="([^"]*)"/g)].map(([, time]) => Number(time));
    expect(times).toHaveLength(5);
    expect(times.every((time) => time > 0 && time <= (times[0] ?? 0))).toBe(true);
    expect(xml).toMatch(/timestamp="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d" hostname="[^"]+"/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has none.
    expect(xml).not.toMatch(/[\u0000-\u0008]/);
    const unbuilt = await tg(machine, single(await planWith('const x = ;'), '--junit', 'unbuilt.xml'));
    expect(unbuilt.code).toBe(4);
    expect(readFileSync(join(machine.cwd, 'unbuilt.xml'), 'utf8')).toMatch(
      /<testsuites tests="1" failures="0" errors="1"/,
    );
    const nowhere = await tg(machine, single(await planWith(''), '--junit', 'no/such/folder.xml'));
    expect([nowhere.code, nowhere.stderr]).toEqual([
      5,
      expect.stringContaining('the report cannot be written'),
    ]);
  });

  test('GitHub Actions gets an annotation for each cause, 10 at most, and a summary', async () => {
    const dir = await folderWith({ 'summary.md': '' });
    const machine = await someMachine({
      GITHUB_ACTIONS: 'true',
      GITHUB_STEP_SUMMARY: join(dir, 'summary.md'),
    });
    const annotationsOf = async (code: string) => {
      const { stdout } = await tg(machine, single(await planWith(code), '-i', '12'));
      return stdout.split('\n').filter((line) => line.startsWith('::error'));
    };
    const same = await annotationsOf('console.error("Error: 100% wrong,\\nreally"); process.exit(1)');
    expect(same).toEqual([
      expect.stringMatching(
        /^::error title=p t%3A 12 × failed::12 × failed: exited with status 1; stderr: Error: 100%25 wrong,%0Asingle\[0-11\]/,
      ),
      expect.stringMatching(/^::error title=p t%3A failure::outcome: failure/),
    ]);
    const index = `process.env.TEST_OUTPUTS_PATH.split('/').at(-1)`;
    const different = await annotationsOf(
      `console.error('Error: ' + 'x'.repeat(1 + Number(${index}))); process.exit(1)`,
    );
    expect(different).toHaveLength(10);
    expect(different.at(-1)).toMatch(/^::error title=p t%3A failure::outcome: failure/);
    expect(readFileSync(join(dir, 'summary.md'), 'utf8')).toContain('| default | p t | 12 | ❌ failure |');
    const passed = await tg(machine, single(await planWith('')));
    expect(passed.stdout).not.toContain('::error');
  });
});

describe.concurrent('--hold', () => {
  test('starts the other instances; the script of the held one starts it, and the run ends with it', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(`
await init.syncClient.signalAndWait('met', runenv.testInstanceCount);
runenv.recordMessage('met, ' + (process.env.BY_HAND ?? 'by tg'));`);
    const run = startTg(machine, single(plan, '-i', '2', '--hold', 'single[1]', '--timeout', '1m'));
    const said = await onceSaid(run, 'only sets its environment');
    const script = /(\/\S+run\.sh) /.exec(said)?.[1] ?? '';
    const started = await execa('sh', [script], { env: { BY_HAND: 'by hand' }, reject: false });
    expect(started.exitCode).toBe(0);
    const { code, stdout } = ended(await run);
    expect(code).toBe(0);
    expect(said + stdout).toContain('MESSAGE << single[001] >> met, by hand');
    expect(said + stdout).toContain('MESSAGE << single[000] >> met, by tg');
  });

  test('the script runs its arguments instead of the plan, and their exit status counts', async () => {
    const machine = await someMachine();
    const run = startTg(
      machine,
      single(await planWith('console.log("as planned")'), '--hold', '0', '--timeout', '1m'),
    );
    const said = await onceSaid(run, 'only sets its environment');
    const script = /(\/\S+run\.sh) /.exec(said)?.[1] ?? '';
    await execa('sh', [script, 'sh', '-c', 'echo "in $TEST_GROUP_ID of $TEST_INSTANCE_COUNT"; exit 4'], {
      reject: false,
    });
    const { code, stdout } = ended(await run);
    expect([code, said + stdout]).toEqual([
      1,
      expect.stringContaining('OTHER << single[000] >> in single of 1'),
    ]);
    expect(stdout).toContain('exited with status 4');
  });

  test('waits for a program started with env.sh only, and reads the events in its run.out', async () => {
    const machine = await someMachine();
    // Like the Go SDK, it writes run.out itself.
    const plan = await planWith(`
import { appendFileSync } from 'node:fs';
const say = (event) => appendFileSync(process.env.TEST_OUTPUTS_PATH + '/run.out', JSON.stringify({ ts: Date.now() * 1e6, event }) + '\\n');
say({ success_event: { group: 'single' } });
setTimeout(() => say({ message_event: { message: 'after its success' } }), 300);`);
    const run = startTg(machine, single(plan, '--hold', '0', '--timeout', '1m'));
    const said = await onceSaid(run, 'only sets its environment');
    const environment = /\. (\/\S+env\.sh)/.exec(said)?.[1] ?? '';
    const program = /starts it: (.*)/.exec(said)?.[1] ?? '';
    await execa('sh', ['-c', `. "${environment}"; ${program}`]);
    const { code, stdout } = ended(await run);
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('MESSAGE << single[000] >> after its success'),
    ]);
    expect(stdout).toContain('1 instance: 1 success');
  });

  test.each([
    [
      'has written its success to run.out',
      `printf '{"ts":1,"event":{"success_event":{"group":"single"}}}\\n' >>"$TEST_OUTPUTS_PATH/run.out"`,
      [0, 'reported success; exit status unknown: started by hand'],
    ],
    [
      'has disconnected from the sync service without a report',
      'exec 3<>"/dev/tcp/$SYNC_SERVICE_HOST/$SYNC_SERVICE_PORT"; printf "*1\\r\\n\\$4\\r\\nPING\\r\\n" >&3; read -r pong <&3',
      [6, 'reported neither success nor failure; exit status unknown: started by hand'],
    ],
  ])('an instance that tg never saw running has ended once it %s', async (_, program, [code, reason]) => {
    const machine = await someMachine();
    const run = startTg(machine, single(await planWith(''), '--hold', '0', '--timeout', '1m'));
    const said = await onceSaid(run, 'only sets its environment');
    const environment = /\. (\/\S+env\.sh)/.exec(said)?.[1] ?? '';
    // In the shell that read env.sh: no process has started with those variables, as if it had ended before tg looked.
    await execa('bash', ['-c', `. "${environment}"; ${program}`], {
      env: { PATH: process.env['PATH'] },
      extendEnv: false,
    });
    const its = ended(await run);
    expect([its.code, (await verdictsOf(machine, said.match(/ID: (\S+)/)?.[1] ?? ''))[0]]).toEqual([
      code,
      expect.stringContaining(String(reason)),
    ]);
  });

  test('Ctrl-C ends the wait for a held instance; an unknown instance or --repeat exits 2', async () => {
    const machine = await someMachine();
    const plan = await planWith('');
    const run = startTg(machine, single(plan, '--hold', 'single'));
    await onceSaid(run, 'only sets its environment');
    run.kill('SIGINT');
    expect(ended(await run).code).toBe(130);
    expect(readdirSync(machine.temp)).toEqual([]);
    const wrong = await tg(machine, single(plan, '--hold', 'other[0]'));
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('the run has no instance "other[0]"'),
    ]);
    const twice = await tg(machine, single(plan, '--hold', '0', '--repeat', '2'));
    expect([twice.code, twice.stderr]).toEqual([
      2,
      expect.stringContaining('an instance can be held in one run only'),
    ]);
  });
});

describe.concurrent('tg prune', () => {
  test('lists what is old, removes it with --yes, and keeps active runs and their artifacts', async () => {
    const machine = await someMachine();
    const old = (await tg(machine, single(await planWith('console.log("old")')))).runId;
    const work = join(machine.home, 'data', 'work');
    const before = new Date(Date.now() - 10 * 24 * 3_600_000);
    for (const name of readdirSync(work, { recursive: true, encoding: 'utf8' }))
      await utimes(join(work, name), before, before);
    const result = join(await outputsOf(machine, old), 'result.json');
    writeFileSync(
      result,
      readFileSync(result, 'utf8').replace(/"ended": "[^"]*"/, `"ended": "${before.toISOString()}"`),
    );
    const run = startTg(machine, single(await planWith(stays)));
    const live = await idOnceSaid(run, 'here I am');
    const shown = await tg(machine, ['prune', '--older-than', '7d']);
    expect(shown.stdout).toMatch(new RegExp(`^run +${old} \\(p\\) `, 'm'));
    expect(shown.stdout).not.toContain(live);
    expect(shown.stdout).toContain('nothing was removed: add --yes');
    expect(existsSync(result)).toBe(true);
    const removed = await tg(machine, ['prune', '--older-than', '7d', '--runs', '--yes']);
    expect(removed.stdout).toMatch(/^removed 1, /m);
    expect([existsSync(result), existsSync(await outputsOf(machine, live))]).toEqual([false, true]);
    // A run whose disk was full has no record.
    const bare = (await tg(machine, single(await planWith('console.log("bare")')))).runId;
    writeFileSync(join(await outputsOf(machine, bare), 'journal.ndjson'), '');
    expect((await tg(machine, ['prune', '--older-than', '0s', '--runs'])).stdout).toMatch(
      new RegExp(`^run +${bare} \\(no record\\) `, 'm'),
    );
    const all = await tg(machine, ['prune', '--older-than', '0s', '--yes']);
    // The run without a record and the artifacts of the two runs that ended; that of the active run stays.
    expect(all.stdout).toMatch(/^removed 3, /m);
    expect(all.stderr).toBe(`run ${live} is active: the artifacts that it uses are kept\n`);
    expect(all.code).toBe(0);
    expect(existsSync(await outputsOf(machine, live))).toBe(true);
    run.kill('SIGTERM');
    await run;
    await tg(machine, ['prune', '--older-than', '1h', '--yes']);
    expect((await tg(machine, ['prune', '--older-than', '1h'])).stdout).toBe('nothing is older than 1h\n');
  });
});

describe.concurrent('tg completion', () => {
  test('completes commands, options and their values, plans, test cases and run IDs', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith('')));
    const complete = async (...words: string[]) =>
      (await tg(machine, ['__complete', ...words])).stdout.trimEnd().split('\n');
    expect(await complete('pla')).toEqual(['plan']);
    expect(await complete('plan', '')).toEqual(['create', 'help', 'import', 'list', 'rm']);
    expect(await complete('run', 'single', '--until')).toEqual(['--until-failure']);
    expect(await complete('run', 'single', '-p', 'exam')).toEqual(['example']);
    expect(await complete('run', 'single', '--plan', 'example', '-t', 'pa')).toEqual(['panic', 'params']);
    expect(await complete('run', 'single', '--expect', 'k')).toEqual(['killed']);
    expect(await complete('run', 'exam')).toEqual(['example']);
    expect(await complete('run', 's')).toEqual(['single']);
    expect(await complete('run', '--until')).toEqual(['--until-failure']);
    expect(await complete('run', '-i', '3', 'example', '-t', 'pa')).toEqual(['panic', 'params']);
    expect(await complete('build', 'single', 'exam')).toEqual(['example']);
    expect(await complete('status', runId.slice(0, 5))).toEqual([runId]);
    for (const shell of ['bash', 'zsh', 'fish'])
      expect((await tg(machine, ['completion', shell])).stdout).toContain('__complete');
  });

  test('works in bash, after a colon too', async () => {
    const machine = await someMachine();
    const { stdout: script } = await tg(machine, ['completion', 'bash']);
    const file = join(machine.temp, 'complete.bash');
    const bin = join(import.meta.dirname, '..', '..', 'bin', 'tg.js');
    appendFileSync(file, `tg() { "${process.execPath}" "${bin}" "$@"; }\n${script}`);
    const complete = async (line: string) => {
      // As bash does it: it calls the function that is registered for the command.
      const call = 'spec=$(complete -p tg) && [[ $spec =~ -F\\ ([^ ]+) ]] && "${BASH_REMATCH[1]}"';
      const code = `. "${file}"; COMP_LINE="${line}"; COMP_POINT=\${#COMP_LINE}; ${call}; echo "\${COMPREPLY[*]}"`;
      return (await execa('bash', ['-c', code], { env: machine.env })).stdout;
    };
    expect(await complete('tg run sing')).toBe('single');
    expect(await complete('tg run single --until')).toBe('--until-failure');
    expect(await complete('tg run single --builder exec:n')).toBe('node');
    expect(await complete('tg run single --plan example -t pa')).toBe('panic params');
    expect(await complete('tg plan ')).toBe('create help import list rm');
    expect(await complete('tg plan nothing')).toBe('');
  });
});
