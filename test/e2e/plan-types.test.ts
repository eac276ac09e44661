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

/** What `tg plan create` makes for Node is checked by the real compiler, with nothing else of this repository in reach. */

const targets = { typescript: 'src/main.ts', javascript: 'main.mjs' } as const;

async function created(target: string, name = 'Mine.2'): Promise<{ machine: Machine; dir: string }> {
  const machine = await someMachine();
  const dir = join(machine.cwd, 'a plan');
  const made = await tg(machine, ['plan', 'create', '-p', name, '--target', target, '--dir', dir]);
  expect([made.code, made.stderr]).toEqual([0, expect.stringMatching(createdQuietly)]);
  return { machine, dir };
}

/** What tsc says in a folder, a line each; none where the types fit. */
async function typeErrors(dir: string): Promise<string[]> {
  const { stdout, stderr, exitCode } = await execa(join(root, 'node_modules', '.bin', 'tsc'), [], {
    ...{ cwd: dir, reject: false, extendEnv: false, env: { PATH: process.env['PATH'] ?? '' } },
  });
  const lines = [...stdout.split('\n'), ...stderr.split('\n')].filter((line) => line !== '');
  expect(exitCode === 0).toBe(lines.length === 0);
  return lines;
}

describe.concurrent.each(Object.entries(targets))('%s', (target, main) => {
  test('type-checks as it is made, without an installation', async ({ expect }) => {
    const { dir } = await created(target);
    expect(await typeErrors(dir)).toEqual([]);
  });

  test('type-checks with the Node types that its package.json names, and has those of Node', async ({
    expect,
  }) => {
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

  test('a wrong use of the SDK is an error', async ({ expect }) => {
    const { dir } = await created(target);
    const file = join(dir, main);
    await writeFile(
      file,
      readFileSync(file, 'utf8').replace("signalAndWait('met', all)", "signalAndWait(all, 'met')"),
    );
    expect(await typeErrors(dir)).toEqual([expect.stringMatching(/error TS2345: .*number.*string/)]);
  });

  test('runs where its node_modules is there, and where it is not', async ({ expect }) => {
    const { machine, dir } = await created(target);
    const bare = await tg(machine, single(dir, '--strict'));
    expect([bare.code, bare.stderr]).toEqual([0, '']);
    await mkdir(join(dir, 'node_modules'));
    await symlink(join(root, 'node_modules', 'typescript'), join(dir, 'node_modules', 'typescript'));
    const installed = await tg(machine, single(dir, '--strict'));
    expect([installed.code, installed.stderr]).toEqual([0, '']);
  });

  test('its package.json has a name that npm takes, and versions that are here', async ({ expect }) => {
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

test('the declarations in the template are those of the SDK (TG_TEST_RECORD=1 writes them)', async () => {
  const file = join(root, 'templates', 'typescript', 'testground-tg.d.ts');
  const types = await sdkTypes();
  if (process.env['TG_TEST_RECORD']) await writeFile(file, types);
  expect(readFileSync(file, 'utf8')).toBe(types);
});

describeWith('git', 'a repository of git', () => {
  /** A person who has told git nothing. */
  const noIdentity = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  const create = (machine: Machine, dir: string, ...more: readonly string[]) =>
    tg(machine, ['plan', 'create', '-p', 'mine', '--target', 'js', '--dir', dir, ...more]);

  test('a repository of its own, also without an identity', async ({ expect }) => {
    const machine = await someMachine(noIdentity);
    const { code, stderr } = await create(machine, 'mine');
    expect([code, stderr, existsSync(join(machine.cwd, 'mine', '.git'))]).toEqual([0, '', true]);
  });

  test.each([
    ['an ordinary one', 'mine'],
    ['deeper in it', 'some/where/mine'],
  ])('none inside of another: %s', async (_, place) => {
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

  test('none inside of that of another user', { tags: ['root'] }, async ({ expect }) => {
    const machine = await someMachine(noIdentity);
    await execa('git', ['init', '--quiet'], { cwd: machine.cwd });
    await giveAway(machine.cwd);
    const { code, stderr } = await create(machine, 'mine');
    expect([code, stderr, existsSync(join(machine.cwd, 'mine', '.git'))]).toEqual([0, '', false]);
  });

  test('none inside of another with --remote either, which is said', async ({ expect }) => {
    const machine = await someMachine(noIdentity);
    await execa('git', ['init', '--quiet'], { cwd: machine.cwd });
    const { code, stderr } = await create(machine, 'mine', '--remote', 'git@example.org:x');
    expect([code, stderr]).toEqual([
      0,
      `no git repository was created, and --remote is ignored: the plan is inside the repository ${machine.cwd}\n`,
    ]);
    expect(existsSync(join(machine.cwd, 'mine', '.git'))).toBe(false);
  });

  test('none, and a word, on a machine without git', async ({ expect }) => {
    const machine = await someMachine({ PATH: '/nowhere' });
    const { code, stderr } = await create(machine, 'mine');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^no git repository was created: /)]);
  });
});
