import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { minVersion, satisfies } from 'semver';
import { describe, expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { createdQuietly } from '../support/plans.ts';
import { sdkTypes } from '../support/sdk-types.ts';
import { type Machine, root, single, someMachine, tg } from '../support/tg.ts';
import { giveAway } from '../support/unprivileged.ts';

/** Plans that `tg plan create` makes for Node, checked by the real compiler without access to this repository. */

const targets = { typescript: 'src/main.ts', javascript: 'main.mjs' } as const;

async function created(target: string, name = 'Mine.2'): Promise<{ machine: Machine; dir: string }> {
  const machine = await someMachine();
  const dir = join(machine.cwd, 'a plan');
  const made = await tg(machine, ['plan', 'create', '-p', name, '--target', target, '--dir', dir]);
  expect([made.code, made.stderr]).toEqual([0, expect.stringMatching(createdQuietly)]);
  return { machine, dir };
}

/** The lines that tsc prints in a folder; none if the types are right. */
async function typeErrors(dir: string): Promise<string[]> {
  const { stdout, stderr, exitCode } = await execa(join(root, 'node_modules', '.bin', 'tsc'), [], {
    ...{ cwd: dir, reject: false, extendEnv: false, env: { PATH: process.env['PATH'] ?? '' } },
  });
  const lines = [...stdout.split('\n'), ...stderr.split('\n')].filter((line) => line !== '');
  expect(exitCode === 0).toBe(lines.length === 0);
  return lines;
}

describe.concurrent.each(Object.entries(targets))('a new plan in %s', (target, main) => {
  test('type-checks as created, without an installation', async ({ expect }) => {
    const { dir } = await created(target);
    expect(await typeErrors(dir)).toEqual([]);
  });

  test('type-checks an import of node:os if @types/node is installed', async ({ expect }) => {
    const { dir } = await created(target);
    await mkdir(join(dir, 'node_modules', '@types'), { recursive: true });
    for (const name of ['@types/node', 'undici-types'])
      await symlink(join(root, 'node_modules', name), join(dir, 'node_modules', name));
    const file = join(dir, main);
    await writeFile(
      file,
      `import { hostname } from 'node:os';\nconsole.log(hostname().length);\n${readFileSync(file, 'utf8')}`,
    );
    expect(await typeErrors(dir)).toEqual([]);
  });

  test('fails the type check if it calls the SDK with wrong arguments', async ({ expect }) => {
    const { dir } = await created(target);
    const file = join(dir, main);
    await writeFile(
      file,
      readFileSync(file, 'utf8').replace("signalAndWait('met', all)", "signalAndWait(all, 'met')"),
    );
    expect(await typeErrors(dir)).toEqual([expect.stringMatching(/error TS2345: .*number.*string/)]);
  });

  test('runs with and without node_modules', async ({ expect }) => {
    const { machine, dir } = await created(target);
    const bare = await tg(machine, single(dir, '--strict'));
    expect([bare.code, bare.stderr]).toEqual([0, '']);
    await mkdir(join(dir, 'node_modules'));
    await symlink(join(root, 'node_modules', 'typescript'), join(dir, 'node_modules', 'typescript'));
    const installed = await tg(machine, single(dir, '--strict'));
    expect([installed.code, installed.stderr]).toEqual([0, '']);
  });

  test('has a package.json with a name that npm accepts and versions that match those installed here', async ({
    expect,
  }) => {
    const { dir } = await created(target);
    const { name, devDependencies } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    expect(name).toBe('plan-mine-2');
    for (const [dependency, range] of Object.entries<string>(devDependencies)) {
      const here = JSON.parse(readFileSync(join(root, 'node_modules', dependency, 'package.json'), 'utf8'));
      expect([dependency, satisfies(here.version, range), minVersion(range)?.major]).toEqual([
        ...[dependency, true, Number(here.version.split('.')[0])],
      ]);
    }
  });
});

test('the declarations in the template equal those of the SDK (TG_TEST_RECORD=1 rewrites them)', async () => {
  const file = join(root, 'templates', 'typescript', 'testground-tg.d.ts');
  const types = await sdkTypes();
  if (process.env['TG_TEST_RECORD']) await writeFile(file, types);
  expect(readFileSync(file, 'utf8')).toBe(types);
});

describeWith('git', 'tg plan create', () => {
  /** Git without any configuration, and so without an identity. */
  const noIdentity = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  const create = (machine: Machine, dir: string, ...more: readonly string[]) =>
    tg(machine, ['plan', 'create', '-p', 'mine', '--target', 'js', '--dir', dir, ...more]);

  test('makes a git repository, even without a git identity', async ({ expect }) => {
    const machine = await someMachine(noIdentity);
    const { code, stderr } = await create(machine, 'mine');
    expect([code, stderr, existsSync(join(machine.cwd, 'mine', '.git'))]).toEqual([0, '', true]);
  });

  test.each([
    ['at its top', 'mine'],
    ['deeper in it', 'some/where/mine'],
  ])('makes no repository inside another one: %s', async (_, place) => {
    const machine = await someMachine(noIdentity);
    await execa('git', ['init', '--quiet'], { cwd: machine.cwd });
    const dir = join(machine.cwd, place);
    const { code, stderr } = await create(machine, dir);
    expect([code, stderr]).toEqual([0, '']);
    expect(readdirSync(dir)).not.toContain('.git');
    await execa('git', ['add', '.'], { cwd: machine.cwd });
    const { stdout } = await execa('git', ['ls-files'], { cwd: machine.cwd });
    expect(stdout.split('\n')).toContain(`${place}/main.mjs`);
  });

  test('makes no repository inside that of another user', { tags: ['root'] }, async ({ expect }) => {
    const machine = await someMachine(noIdentity);
    await execa('git', ['init', '--quiet'], { cwd: machine.cwd });
    await giveAway(machine.cwd);
    const { code, stderr } = await create(machine, 'mine');
    expect([code, stderr, existsSync(join(machine.cwd, 'mine', '.git'))]).toEqual([0, '', false]);
  });

  test('makes no repository inside another one with --remote either, and says that it is ignored', async ({
    expect,
  }) => {
    const machine = await someMachine(noIdentity);
    await execa('git', ['init', '--quiet'], { cwd: machine.cwd });
    const { code, stderr } = await create(machine, 'mine', '--remote', 'git@example.org:x');
    expect([code, stderr]).toEqual([
      0,
      `no git repository was created, and --remote is ignored: the plan is inside the repository ${machine.cwd}\n`,
    ]);
    expect(existsSync(join(machine.cwd, 'mine', '.git'))).toBe(false);
  });

  test('makes no repository on a machine without git, and says so', async ({ expect }) => {
    const machine = await someMachine({ PATH: '/nowhere' });
    const { code, stderr } = await create(machine, 'mine');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^no git repository was created: /)]);
  });
});
