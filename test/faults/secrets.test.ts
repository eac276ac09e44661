import { readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import { describe, expect, test } from 'vitest';
import { sdkPlanWith } from '../support/plans.ts';
import {
  idOnceSaid,
  type Machine,
  outputsOf,
  single,
  someMachine,
  startTg,
  tg,
  verdictsOf,
} from '../support/tg.ts';

const secret = 's3cr3t<&>"token';
const given = `token=${secret}`;

const planCode = `
  runenv.recordMessage('the token is ' + runenv.params.testInstanceParams.token);
  console.log('plain', runenv.params.testInstanceParams.token);
  console.error('as Go has it: ' + JSON.stringify(runenv.params.testInstanceParams.token).replace(/</g, '\\\\u003c').replace(/>/g, '\\\\u003e').replace(/&/g, '\\\\u0026'));
  runenv.R().recordPoint('m,token=' + runenv.params.testInstanceParams.token, 1);
  if (runenv.params.testInstanceParams.mode === 'stay') await new Promise(() => setInterval(() => {}, 999));
  throw new Error('cannot log in with ' + runenv.params.testInstanceParams.token);`;

const plan = () =>
  sdkPlanWith(planCode, {
    params: 'token = { type = "string", secret = true }\n  mode = { type = "string", default = "fail" }',
  });

/** Name and content of every file below a folder. */
function contents(dir: string): Map<string, string> {
  const names = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(names.map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'latin1')]));
}

const forms = ['s3cr3t'];

function expectNoSecret(texts: Iterable<readonly [string, string]>): void {
  for (const [where, text] of texts)
    for (const form of forms) expect([where, text.includes(form)]).toEqual([where, false]);
}

async function collected(machine: Machine, runId: string): Promise<Map<string, string>> {
  const dir = join(machine.cwd, `unpacked-${Math.random()}`);
  await mkdir(dir);
  expect((await tg(machine, ['collect', runId, '-o', join(dir, 'a.tgz')])).code).toBe(0);
  await extract({ file: join(dir, 'a.tgz'), cwd: dir });
  return contents(join(dir, runId));
}

describe('the value of a secret parameter', () => {
  test('reaches the plan, but appears in nothing that tg prints, stores, reports or collects', async () => {
    const machine = await someMachine();
    const run = await tg(
      machine,
      single(await plan(), '--tp', given, '--verbose', '--junit', 'j.xml', '-O', 'r.csv', '--collect'),
    );
    expect(run.code).toBe(1);
    expect(run.stdout).toContain('FAIL << single[000] >> cannot log in with ***');
    expect(run.stdout).toContain('the token is ***');
    expect(run.stdout).toContain('"token":"***"');
    const archive = await collected(machine, run.runId);
    expect(archive.get('run.out')).toContain(`plain ${'*'.repeat(secret.length)}\n`);
    expect(archive.get('result.json')).toContain('cannot log in with ***');
    const outputs = await outputsOf(machine, run.runId);
    const shown = ['status', 'logs', 'why', 'tasks'].map(async (command) => {
      const { all } = await tg(machine, [command, ...(command === 'tasks' ? ['--json'] : [run.runId])]);
      return [command, all] as const;
    });
    expectNoSecret([
      ['stdout', run.all],
      ...archive,
      ...contents(outputs),
      ...contents(machine.cwd),
      ...(await Promise.all(shown)),
    ]);
  });

  test('does not appear with --json, --dry-run or --detach, nor in the error for an invalid value', async () => {
    const machine = await someMachine();
    const dir = await plan();
    const short = 'The secret "token" is too short'.slice(4);
    for (const [code, masked, ...args] of [
      [1, 'cannot log in with ***', '--json'],
      [0, '"***"', '--dry-run'],
      [0, '"token": "***"', '--dry-run', '--json'],
      [0, 'run is queued with ID', '--detach'],
    ] as const) {
      const run = await tg(machine, single(dir, '--tp', given, ...args));
      expect([args, run.code, run.all]).toEqual([args, code, expect.stringContaining(masked)]);
      expectNoSecret([[args.join(' '), run.all]]);
      if (args[0] !== '--detach') continue;
      const logs = await tg(machine, ['logs', '-f', run.runId]);
      expect(logs.stdout).toContain('the token is ***');
      expectNoSecret([['logs -f', logs.all], ...contents(await outputsOf(machine, run.runId))]);
    }
    const bad = await tg(machine, single(dir, '--tp', `token=${secret}|x`));
    expect([bad.code, bad.all]).toEqual([2, expect.stringContaining('its value contains "|"')]);
    expectNoSecret([['refused', bad.all]]);
    const tooShort = await tg(machine, single(dir, '--tp', 'token=qzx'));
    expect([tooShort.code, tooShort.all]).toEqual([2, expect.stringContaining(short)]);
    expect(tooShort.all).not.toContain('qzx');
    const matrix = await tg(machine, single(dir, '--matrix', `token=${secret},other`));
    expect([matrix.code, matrix.all]).toEqual([2, expect.stringContaining('cannot be part of a matrix')]);
    expectNoSecret([['matrix', matrix.all]]);
  });

  test('is masked while the run is active and after tg was killed', async () => {
    const machine = await someMachine();
    const run = startTg(machine, single(await plan(), '--tp', given, '--tp', 'mode=stay'));
    const runId = await idOnceSaid(run, 'plain ***');
    expectNoSecret(await collected(machine, runId));
    const live = await tg(machine, ['logs', runId]);
    expect(live.stdout).toContain('the token is ***');
    expectNoSecret([['logs', live.all]]);
    const following = startTg(machine, ['logs', '-f', runId]);
    await idOnceSaid(following, 'plain ***');
    run.kill('SIGKILL');
    await run;
    expectNoSecret([['logs -f', (await following).stdout]]);
    expectNoSecret(await collected(machine, runId));
    expectNoSecret(contents(await outputsOf(machine, runId)));
  });

  test('must be given again for tg rerun', async () => {
    const machine = await someMachine();
    const first = await tg(machine, single(await plan(), '--tp', given));
    const without = await tg(machine, ['rerun', first.runId]);
    expect([without.code, without.stderr]).toEqual([
      2,
      '--test-param: the parameter "token" is secret, and its value was not kept\n  Give it again: --test-param token=value.\n'.replace(
        /^/,
        'error: ',
      ),
    ]);
    const again = await tg(machine, ['rerun', first.runId, '--tp', given]);
    expect([again.code, again.stdout]).toEqual([1, expect.stringContaining('cannot log in with ***')]);
    const wrong = await tg(machine, ['rerun', first.runId, '--tp', given, '--tp', 'mode=x']);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('"mode" is not a secret parameter'),
    ]);
    expectNoSecret([
      ['without', without.all],
      ['again', again.all],
      ['wrong', wrong.all],
    ]);
  });
});

test('the values of --env variables appear in nothing that tg prints, stores or collects', async () => {
  const machine = await someMachine({ FROM_CALLER: 'v4lue-of-caller' });
  const quiet = await sdkPlanWith(
    "if (process.env.GIVEN !== 'v4l' + 'ue-given') throw new Error('not given');",
  );
  const args = ['--env', 'GIVEN=v4lue-given', '--env', 'FROM_CALLER', '--collect'];
  const run = await tg(machine, single(quiet, ...args));
  expect(run.code).toBe(0);
  const texts = [
    ...(await collected(machine, run.runId)),
    ...contents(machine.home),
    ['stdout', run.all] as const,
  ];
  for (const [where, text] of texts) expect([where, text.includes('v4lue')]).toEqual([where, false]);
});

describe('with a secret whose value is a word that tg itself uses', () => {
  const words = ['single', 'line', 'success', 'failure', 'stdout', 'event', 'type', 'faults'];

  test.each(words)('a passing run still passes: %s', async (word) => {
    const machine = await someMachine();
    const dir = await sdkPlanWith("if (runenv.testGroupId !== 'single') throw new Error('where am I?');", {
      params: 'token = { type = "string", secret = true }',
    });
    const run = await tg(machine, single(dir, '--tp', `token=${word}`));
    const outcomes = (await verdictsOf(machine, run.runId)).map((verdict) => verdict.split(':')[0]);
    expect([run.code, outcomes]).toEqual([0, ['success']]);
  });

  test.each(words)('a failing run still fails: %s', async (word) => {
    const machine = await someMachine();
    const dir = await sdkPlanWith("runenv.recordSuccess(); throw new Error('no');", {
      params: 'token = { type = "string", secret = true }',
    });
    const run = await tg(machine, single(dir, '--tp', `token=${word}`));
    expect([run.code, await verdictsOf(machine, run.runId)]).toEqual([1, ['failed: no']]);
  });
});

test('tg rerun validates the secret value that it is given', async () => {
  const machine = await someMachine();
  const first = await tg(machine, single(await plan(), '--tp', given));
  for (const [value, text] of [
    ['qzx|defg', 'its value contains "|"'],
    ['qzx', 'too short to be masked'],
    ['', 'has no value'],
  ]) {
    const again = await tg(machine, ['rerun', first.runId, '--tp', `token=${value}`]);
    expect([value, again.code, again.stderr]).toEqual([value, 2, expect.stringContaining(text ?? '')]);
    expect(again.all).not.toContain('qzx');
  }
});

test('tg describe masks the default of a secret, in text and in JSON', async () => {
  const dir = await sdkPlanWith('', {
    params: 'token = { type = "string", secret = true, default = "d3fault" }',
  });
  for (const more of [[], ['--json'], ['-t', 't']]) {
    const { code, all } = await tg(await someMachine(), ['describe', '-p', dir, ...more]);
    expect([code, all.includes('d3fault'), all.includes('***')]).toEqual([0, false, true]);
  }
});

test.each([
  ['the last output', 'console.log'],
  ['the output on stderr', 'console.error'],
  ['the error message', 'throw new Error'],
])('truncating %s for a verdict reveals no beginning of a secret', async (_, call) => {
  const machine = await someMachine();
  const code = `const { token, at } = runenv.params.testInstanceParams;
    const say = (words) => { ${call}(words); };
    say('x'.repeat(Number(at) - 12) + token);
    process.exit(1);`;
  const params = 'token = { type = "string", secret = true }\n  at = { type = "int" }';
  const dir = await sdkPlanWith(code, { params });
  for (const at of ['300', '2000']) {
    const run = await tg(machine, single(dir, '--tp', 'token=Zq7x-and-so-on-and-on', '--tp', `at=${at}`));
    expect(run.code).toBe(1);
    const texts = [['stdout', run.all] as const, ...contents(await outputsOf(machine, run.runId))];
    for (const [where, text] of texts) expect([at, where, text.includes('Zq7x')]).toEqual([at, where, false]);
  }
});
