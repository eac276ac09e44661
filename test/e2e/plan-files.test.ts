import { readdirSync } from 'node:fs';
import { chmod, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { genericPlan } from '../support/generic-plan.ts';
import { planWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import { instanceFile, type Machine, single, someMachine, tg, warningsIn } from '../support/tg.ts';
import { giveAway, unprivilegedTg } from '../support/unprivileged.ts';

const artifactsOf = ({ home }: Machine) =>
  readdirSync(join(home, 'data', 'work')).filter((name) => name.startsWith('exec-'));

/** Runs tg. @returns run.out of the only instance. */
async function printed(machine: Machine, ...args: string[]): Promise<string> {
  const { code, runId, all } = await tg(machine, args);
  if (code !== 0) throw new Error(all);
  return await instanceFile(machine, runId, 0, 'run.out');
}

describe('the working folder of an instance', () => {
  test('keeps file modes, empty folders and link targets; a changed mode makes a new artifact', async () => {
    const machine = await someMachine();
    const plan = await genericPlan(
      {
        run: 'umask 077; stat -c "%a %N" key fixed tool a-link deep/private empty deep/to-key; cat deep/to-key',
      },
      { key: 'k\n', fixed: '', tool: '', 'deep/private/file': '' },
    );
    await chmod(join(plan, 'key'), 0o600);
    await chmod(join(plan, 'fixed'), 0o444);
    await chmod(join(plan, 'tool'), 0o775);
    await chmod(join(plan, 'deep/private'), 0o700);
    await mkdir(join(plan, 'empty'));
    await symlink('key', join(plan, 'a-link'));
    await symlink(join(plan, 'key'), join(plan, 'deep/to-key'));
    expect(await printed(machine, ...single(plan))).toBe(
      "600 'key'\n444 'fixed'\n775 'tool'\n777 'a-link' -> 'key'\n700 'deep/private'\n755 'empty'\n777 'deep/to-key' -> '../key'\nk\n",
    );
    await chmod(join(plan, 'key'), 0o700);
    await printed(machine, ...single(plan));
    expect(artifactsOf(machine)).toHaveLength(2);
  });

  test('has a large file outside the plan as a link, and a line says so', async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ run: 'stat -c %s -L data/large' });
    const data = join(await folderWith({ large: '' }), 'large');
    await truncate(data, 65 * 1024 * 1024);
    await symlink(dirname(data), join(plan, 'data'));
    const { runId, stdout } = await tg(machine, single(plan));
    expect(await instanceFile(machine, runId, 0, 'run.out')).toBe(`${65 * 1024 * 1024}\n`);
    expect(stdout).toMatch(
      /WARN\tlinked, not copied; a change there does not start a new build: data \(.*more than 64 MiB/,
    );
    expect(stdout.match(/linked, not copied/g)).toHaveLength(1);
  });
});

test('an instance finds the node_modules of a helper in the plan and of the plan itself', async () => {
  const machine = await someMachine();
  const plan = await genericPlan(
    { build: 'node -p "require(\'./helper\')" >built', run: 'cat built; node -p "require(\'./helper\')"' },
    {
      'helper/index.js': "module.exports = require('dep') + require('top');",
      'helper/node_modules/dep/index.js': "module.exports = 'dep';",
      'node_modules/top/index.js': "module.exports = 'top';",
    },
  );
  expect(await printed(machine, ...single(plan))).toBe('deptop\ndeptop\n');
  expect(warningsIn((await tg(machine, single(plan))).stdout)).toEqual([]);
});

describe('a folder with a CACHEDIR.TAG', () => {
  const files = { 'target/CACHEDIR.TAG': '', 'target/release/plan': 'echo from target\n' };

  test('belongs to the plan if the run line names a file in it', async () => {
    const machine = await someMachine();
    expect(
      await printed(machine, ...single(await genericPlan({ run: 'sh ./target/release/plan' }, files))),
    ).toBe('from target\n');
  });

  test('is left out otherwise, and reported unless it has a cache name such as .pytest_cache', async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ run: 'ls' }, { ...files, '.pytest_cache/CACHEDIR.TAG': '' });
    const { runId, stdout } = await tg(machine, single(plan));
    expect(await instanceFile(machine, runId, 0, 'run.out')).toBe('manifest.toml\n');
    expect(stdout.match(/left out of the plan.*/g)).toEqual([
      'left out of the plan: target (a cache, according to its CACHEDIR.TAG)',
    ]);
  });
});

describe('a file that this user cannot read', { tags: ['setpriv'] }, () => {
  /** A machine and a plan that belong to the unprivileged user. */
  async function given(run: string, ...unreadable: string[]): Promise<{ machine: Machine; plan: string }> {
    const machine = await someMachine();
    const plan = await genericPlan({ run }, { secret: 'x', 'closed/file': '', 'main.sh': 'ls' });
    for (const name of unreadable) await chmod(join(plan, name), 0o000);
    await giveAway(dirname(machine.cwd), plan);
    return { machine, plan };
  }

  test('is left out and reported if no line names it', async () => {
    const { machine, plan } = await given('sh main.sh', 'secret', 'closed');
    const { code, stdout } = await unprivilegedTg(machine, single(plan));
    expect([code, stdout.match(/left out of the plan.*/g)]).toEqual([
      0,
      ['left out of the plan: closed (it cannot be read: EACCES), secret (it cannot be read: EACCES)'],
    ]);
  });

  test.each([
    ['secret', 'sh main.sh secret'],
    ['closed', 'sh closed/file'],
  ])('exits 4 and is named if the run line needs it: %s', async (name, run) => {
    const { machine, plan } = await given(run, name);
    const { code, stderr } = await unprivilegedTg(machine, single(plan));
    expect([code, stderr]).toEqual([
      4,
      `error: ${join(plan, name)}: the plan needs ${name}, which is not copied: it cannot be read: EACCES
  It is named by its build or run line. Fix that file, or its permissions.
`,
    ]);
  });
});

describe('a file outside the plan that its build reads', () => {
  test('starts a new build when it changes, if inputs or a path from TG_PLAN_SOURCE names it', async () => {
    const machine = await someMachine();
    const around = await folderWith({ 'shared/word': 'one\n', 'shared/other': '1\n' });
    const plan = join(around, 'plan');
    await execa('cp', [
      '-r',
      await genericPlan({
        build:
          'cat "$TG_PLAN_SOURCE"/../shared/word >built; cd "$TG_PLAN_SOURCE/../shared"; cat other >>"$OLDPWD/built"',
        run: 'cat built',
        inputs: '../shared/other',
      }),
      plan,
    ]);
    expect(await printed(machine, ...single(plan))).toBe('one\n1\n');
    await writeFile(join(around, 'shared/other'), '2\n');
    expect(await printed(machine, ...single(plan))).toBe('one\n2\n');
    await writeFile(join(around, 'shared/word'), 'two\n');
    expect(await printed(machine, ...single(plan))).toBe('two\n2\n');
    await printed(machine, ...single(plan));
    expect(artifactsOf(machine)).toHaveLength(3);
  });

  test('gets a hint to use inputs if the line names only a folder above; a missing input exits 4', async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ build: 'ls "$TG_PLAN_SOURCE/.." >built', run: 'true' });
    const { stdout } = await tg(machine, single(plan));
    expect(stdout).toContain(
      'a change there does not start a new build: list it with inputs = "../file ../folder"',
    );
    const missing = await tg(machine, single(plan, '--build-cfg', 'inputs=../nowhere.txt'));
    expect([missing.code, missing.stderr]).toEqual([
      4,
      expect.stringContaining('an input of the build does not exist'),
    ]);
  });
});

test('exec:node keeps file modes and links of a plan too', async () => {
  const machine = await someMachine();
  const plan = await planWith(
    "import { lstatSync } from 'node:fs'; for (const name of ['key', 'link']) { const { mode } = lstatSync(name); console.log(name, mode.toString(8)); }",
    { files: { key: '' } },
  );
  await chmod(join(plan, 'key'), 0o600);
  await symlink('key', join(plan, 'link'));
  expect(await printed(machine, ...single(plan))).toBe('key 100600\nlink 120777\n');
});
