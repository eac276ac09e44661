import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { passedOn } from '../../src/runners/process/process-environment.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { instanceFile, outputsOf, root, single, someMachine, tg, verdictsOf } from '../support/tg.ts';

const golden = (name: string) => readFile(new URL(`../golden/${name}`, import.meta.url), 'utf8');

describe.concurrent('the run environment', () => {
  const printEnv = 'console.log(JSON.stringify({ env: process.env, cwd: process.cwd() }));';

  test('has every variable that testground sets, nine of the caller’s and those of tg, and no others', async () => {
    const passed = Object.fromEntries(passedOn.map((name) => [name, `the ${name} of the caller`]));
    const { env: own } = await someMachine();
    const machine = await someMachine({ ...passed, PATH: own['PATH'] ?? '', SECRET_TOKEN: 'x' });
    const plan = await planWith(printEnv, {
      params: 'a = { type = "int", default = 1 }\nb = { type = "string" }',
    });
    const { code, runId } = await tg(
      machine,
      single(
        plan,
        '-i',
        '2',
        '--tp',
        'b=x y',
        '--metadata-repo',
        'r',
        '--metadata-branch',
        'br',
        '--disable-metrics',
      ),
    );
    expect(code).toBe(0);
    const { env, cwd } = JSON.parse(await instanceFile(machine, runId, 1, 'run.out'));
    const peer = (await golden('env-of-instance.txt')).matchAll(/^([A-Z_]+)=/gm);
    const outputs = join(await outputsOf(machine, runId), 'single', '1');
    expect(env).toMatchObject({
      TEST_PLAN: 'p',
      TEST_CASE: 't',
      TEST_RUN: runId,
      TEST_INSTANCE_COUNT: '2',
      TEST_GROUP_INSTANCE_COUNT: '2',
      TEST_GROUP_ID: 'single',
      TEST_INSTANCE_ROLE: '',
      TEST_INSTANCE_PARAMS: 'a=1|b=x y',
      TEST_CAPTURE_PROFILES: '',
      TEST_OUTPUTS_PATH: outputs,
      TEST_SUBNET: '127.1.0.0/16',
      TEST_SIDECAR: 'false',
      TEST_DISABLE_METRICS: 'true',
      TEST_START_TIME: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      TEST_REPO: 'r',
      TEST_BRANCH: 'br',
      TEST_TAG: '',
      SYNC_SERVICE_HOST: '127.0.0.1',
      REDIS_HOST: '127.0.0.1',
      INFLUXDB_URL: `http://127.0.0.1:${env['SYNC_SERVICE_PORT']}`,
      ...Object.fromEntries(passedOn.map((name) => [name, machine.env[name]])),
    });
    const ofTg = {
      SYNC_SERVICE_PORT: expect.stringMatching(/^\d+$/),
      REDIS_PORT: env['SYNC_SERVICE_PORT'],
      TEST_SEED: expect.stringMatching(/^\d+$/),
      TG_PLAN_PATH: expect.stringMatching(`^${machine.home}/data/work/exec-node--p-\\w{12}/plan$`),
      TMPDIR: env['TEST_TEMP_PATH'],
      HOSTNAME: `${runId}-single-1`,
      PYTHONPATH: join(root, 'python', 'on-path'),
      PYTHONUNBUFFERED: '1',
    };
    expect(env).toMatchObject(ofTg);
    const ofPeer = [...peer].map(([, name]) => name);
    const names = new Set([...passedOn, ...ofPeer, ...Object.keys(ofTg)]);
    expect(Object.keys(env).sort()).toEqual([...names].sort());
    expect(cwd.startsWith(`${env['TEST_TEMP_PATH']}/`)).toBe(true);
  });

  test('has the variables of --env, with the caller’s value or their own', async () => {
    const machine = await someMachine({ GIVEN: 'by the caller' });
    const plan = await planWith(printEnv);
    const { runId } = await tg(
      machine,
      single(plan, '--env', 'GIVEN', '--env', 'OWN=a=b', '--env', 'HOME=/nowhere'),
    );
    const { env } = JSON.parse(await instanceFile(machine, runId, 0, 'run.out'));
    expect(env).toMatchObject({ GIVEN: 'by the caller', OWN: 'a=b', HOME: '/nowhere' });
  });

  test('passes without --env the variables that docs/cli.md lists', async () => {
    const text = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
    expect(text).toContain(passedOn.map((name) => `\`${name}\``).join(', '));
  });
});

describe.concurrent('the working directory', () => {
  test('is each instance’s own copy of the small files of the plan', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { appendFileSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
       import { setTimeout } from 'node:timers/promises';
       appendFileSync('data/words.txt', process.env.TEST_OUTPUTS_PATH.at(-1));
       writeFileSync('new.txt', 'x');
       await setTimeout(300);
       console.log(readFileSync('data/words.txt', 'utf8'));`,
      { files: { 'data/words.txt': 'shipped ' } },
    );
    const { code, runId } = await tg(machine, single(plan, '-i', '3'));
    expect(code).toBe(0);
    for (const index of [0, 1, 2]) {
      expect(await instanceFile(machine, runId, index, 'run.out')).toBe(`shipped ${index}\n`);
    }
    expect(await readFile(join(plan, 'data/words.txt'), 'utf8')).toBe('shipped ');
    expect((await readdir(plan)).sort((a, b) => a.localeCompare(b))).toEqual([
      'data',
      'index.mjs',
      'manifest.toml',
    ]);
    // The artifact is unchanged too: the next run has the original files.
    const again = await tg(machine, single(plan));
    expect(await instanceFile(machine, again.runId, 0, 'run.out')).toBe('shipped 0\n');
  });

  test('has links to large files, which a notice names', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { lstatSync, statSync } from 'node:fs';
       console.log(lstatSync('large.bin').isSymbolicLink(), statSync('large.bin').size);
       console.log(statSync(process.env.TG_PLAN_PATH + '/large.bin').size);`,
      { files: { 'large.bin': 'x'.repeat(2_000_000) } },
    );
    const { stdout, runId } = await tg(machine, single(plan));
    expect(stdout).toMatch(/INFO\ttoo large to copy for each instance.*: large\.bin\n/);
    expect(await instanceFile(machine, runId, 0, 'run.out')).toBe('true 2000000\n2000000\n');
  });

  test('is removed at the end of the run with all that instances created', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { mkdirSync, writeFileSync } from 'node:fs';
       import { tmpdir } from 'node:os';
       mkdirSync('a/b', { recursive: true }); writeFileSync('a/b/c', ''); writeFileSync(tmpdir() + '/t', '');`,
    );
    expect((await tg(machine, single(plan, '-i', '2'))).code).toBe(0);
    expect(await readdir(machine.temp)).toEqual([]);
  });
});

describe.concurrent('output of instances', () => {
  test('reaches run.out and run.err unchanged, with lines of any length and any bytes', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
       process.stdout.write('x'.repeat(3_000_000) + '\\n');
       process.stdout.write(bytes);
       process.stderr.write(bytes);
       process.stdout.write('no end');`,
    );
    const { code, runId } = await tg(machine, single(plan));
    expect(code).toBe(0);
    const all = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    const dir = join(await outputsOf(machine, runId), 'single', '0');
    const expected = Buffer.concat([Buffer.from(`${'x'.repeat(3_000_000)}\n`), all, Buffer.from('no end')]);
    expect((await readFile(join(dir, 'run.out'))).equals(expected)).toBe(true);
    expect((await readFile(join(dir, 'run.err'))).equals(all)).toBe(true);
  });

  test('shows success and failure despite lines over 64 KiB', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `runenv.recordMessage('m'.repeat(200_000));
       if (init.globalSeq === 1) throw new Error('e'.repeat(3_000_000));`,
    );
    const { code, runId } = await tg(machine, single(plan, '-i', '2'));
    expect(code).toBe(1);
    const outcomes = (await verdictsOf(machine, runId)).map((verdict) => verdict.split(':')[0]);
    expect(outcomes.sort((a = '', b = '') => a.localeCompare(b))).toEqual(['failed', 'success']);
  });

  test('has each event once if an SDK both prints it and writes it to run.out', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { appendFileSync } from 'node:fs';
       const file = process.env.TEST_OUTPUTS_PATH + '/run.out';
       const say = (event) => {
         const line = JSON.stringify({ ts: Date.now() * 1e6, msg: '', event }) + '\\n';
         appendFileSync(file, line); process.stdout.write(line);
       };
       say({ message_event: { message: 'one' } });
       console.log('beside the SDK');
       say({ success_event: { group: 'single' } });`,
    );
    const { code, runId } = await tg(machine, single(plan));
    expect(code).toBe(0);
    const lines = (await instanceFile(machine, runId, 0, 'run.out')).trimEnd().split('\n');
    expect(
      lines.map((line) => (line.startsWith('{') ? Object.keys(JSON.parse(line).event)[0] : line)),
    ).toEqual(['message_event', 'beside the SDK', 'success_event']);
  });

  test('is incomplete if the program truncates its own stdout, and the verdict says so', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { truncateSync, readlinkSync } from 'node:fs';
       import { setTimeout } from 'node:timers/promises';
       console.log('lost');
       await setTimeout(500);
       truncateSync(process.env.TEST_OUTPUTS_PATH + '/.run.out.captured');
       await setTimeout(500);`,
    );
    const { code, runId } = await tg(machine, single(plan));
    expect(code).toBe(6);
    expect(await verdictsOf(machine, runId)).toEqual([
      'incomplete: exited with status 0, but its output is incomplete: stdout was truncated while it was written',
    ]);
  });
});

describe.concurrent('verdicts', () => {
  test.each([
    ['console.log("hi")', 0, 'success: exited with status 0 (the plan uses no SDK)'],
    ['process.exit(3)', 1, 'failed: exited with status 3'],
    ['throw new Error("oops")', 1, 'failed: exited with status 1; stderr: Error: oops'],
    [
      'new (await import("node:events")).EventEmitter().emit("error", new Error("oops"))',
      1,
      'failed: exited with status 1; stderr: Error: oops',
    ],
    [
      'process.kill(process.pid, "SIGKILL"); await new Promise(() => setInterval(() => {}, 1000))',
      1,
      'crashed: killed by SIGKILL, which tg did not send',
    ],
  ])('without an SDK: %s', async (code, exit, verdict) => {
    const machine = await someMachine();
    const run = await tg(machine, single(await planWith(code)));
    expect([run.code, ...(await verdictsOf(machine, run.runId))]).toEqual([exit, verdict]);
  });

  const say = (event: string) => `console.log(JSON.stringify({ ts: Date.now() * 1e6, event: ${event} }));`;
  test.each([
    ['success in the older form of events', say('{ type: "finish", outcome: "ok" }'), 0, /^success/],
    [
      'success, then exit 1',
      `${say('{ success_event: {} }')} process.exit(1)`,
      1,
      /^failed: reported success, then exited with status 1$/,
    ],
    ['failure, then exit 0', say('{ failure_event: { error: "oops" } }'), 1, /^failed: oops$/],
    [
      'a message, but neither success nor failure',
      say('{ message_event: { message: "hm" } }'),
      6,
      /^incomplete: exited with status 0 and reported neither/,
    ],
    ['an SDK that is imported but not used', 'import "testground-tg/sdk";', 6, /^incomplete/],
  ])('with an SDK: %s', async (_, code, exit, verdict) => {
    const machine = await someMachine();
    const run = await tg(machine, single(await planWith(code)));
    expect(run.code, run.all).toBe(exit);
    expect((await verdictsOf(machine, run.runId))[0]).toMatch(verdict);
  });

  test('with sdk = true in the manifest, an instance that reports nothing is incomplete', async () => {
    const machine = await someMachine();
    const run = await tg(machine, single(await planWith('console.log("hi")', { manifest: 'sdk = true' })));
    expect(run.code).toBe(6);
    expect(run.stdout).toMatch(/WARN\tsingle\[000\] incomplete: exited with status 0 and reported neither/);
    expect(run.stdout).toContain(`result default[${run.runId}]: unknown`);
  });

  test('if one instance connects to the sync service, a silent one is incomplete too', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { WebSocket } from ${JSON.stringify(new URL('../../node_modules/ws/wrapper.mjs', import.meta.url).href)};
       if (process.env.TEST_OUTPUTS_PATH.endsWith('0')) {
         const socket = new WebSocket('ws://' + process.env.SYNC_SERVICE_HOST + ':' + process.env.SYNC_SERVICE_PORT);
         await new Promise((resolve) => socket.once('open', resolve));
         socket.terminate();
       }`,
    );
    const run = await tg(machine, single(plan, '-i', '2'));
    expect(run.code).toBe(6);
    expect((await verdictsOf(machine, run.runId)).map((verdict) => verdict.split(':')[0])).toEqual([
      'incomplete',
      'incomplete',
    ]);
  });
});
