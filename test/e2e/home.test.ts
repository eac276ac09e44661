import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { type Machine, single, someMachine, tg } from '../support/tg.ts';
import { giveAway, unprivilegedTg } from '../support/unprivileged.ts';

/** A machine with these variables in its environment; undefined removes one. */
async function machineWith(env: Readonly<Record<string, string | undefined>>): Promise<Machine> {
  const machine = await someMachine();
  const all: [string, string | undefined][] = Object.entries({ ...machine.env, ...env });
  const defined = all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return { ...machine, env: Object.fromEntries(defined) };
}

describe.concurrent('the home', () => {
  test('is required: without HOME and a home directory, tg exits 2 and asks to set TESTGROUND_HOME', {
    tags: ['root', 'setpriv'],
  }, async () => {
    const machine = await machineWith({ HOME: undefined, TESTGROUND_HOME: undefined });
    await giveAway(machine.cwd);
    for (const args of [['tasks'], single('example', '-t', 'sync'), ['plan', 'list'], ['doctor']]) {
      const { code, stderr } = await unprivilegedTg(machine, args);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: this user has no home directory/)]);
      expect(stderr).toContain('Set TESTGROUND_HOME');
    }
    expect((await unprivilegedTg(machine, ['version'])).code).toBe(0);
  });

  test('is where TESTGROUND_HOME says, without HOME too', { tags: ['root', 'setpriv'] }, async () => {
    const machine = await machineWith({ HOME: undefined });
    const plan = await planWith('console.log("fine")');
    await giveAway(join(machine.cwd, '..'), plan);
    const { code, stdout } = await unprivilegedTg(machine, single(plan));
    expect([code, stdout]).toEqual([0, expect.stringContaining('fine')]);
  });

  test.each(['/proc/x', '/proc/self/x/y', '/proc/self/fd/99/x', '/dev/null/x'])(
    'is refused if nothing can be created there: TESTGROUND_HOME=%s',
    { tags: ['linux'] },
    async (home) => {
      const machine = await machineWith({ TESTGROUND_HOME: home, HOME: home, XDG_CACHE_HOME: home });
      for (const args of [single('example', '-t', 'sync'), ['plan', 'import', '--from', '.']]) {
        const { code, stderr } = await tg(machine, args);
        expect([code, stderr]).toEqual([2, expect.stringContaining('the home directory is not writable')]);
      }
      const made = await tg(machine, ['plan', 'create', '-p', 'x', '--dir', `${home}/plan`]);
      expect([made.code, made.stderr]).toEqual([5, expect.stringContaining('the plan cannot be created')]);
    },
  );

  test.each(['status', 'logs', 'why', 'report', 'metrics', 'compare latest latest'])(
    'has no run at first: tg %s exits 3 and says how to start one',
    async (command) => {
      const machine = await someMachine();
      const { code, stderr } = await tg(machine, command.split(' '));
      expect([code, stderr]).toEqual([3, expect.stringContaining(`no run is kept in ${machine.home}\n`)]);
      expect(stderr).toContain('Start one: tg run single');
      expect(stderr).not.toContain('latest');
    },
  );
});

describe.concurrent('TMPDIR', () => {
  test('is the same folder for builds and instances if it is relative', async () => {
    const machine = await machineWith({ TMPDIR: '../tmp' });
    const plan = await planWith('', {
      manifest:
        '[builders."exec:generic"]\nbuild = "echo $TMPDIR >built"\nrun = "cat built; echo $TMPDIR; echo $TEST_TEMP_PATH"',
    });
    const { code, stdout } = await tg(machine, single(plan, '-b', 'exec:generic'));
    expect(code).toBe(0);
    const [built, ...own] = [...stdout.matchAll(/OTHER << single\[000\] >> (.*)/g)].map(([, path]) => path);
    expect(built).toBe(machine.temp);
    expect(own).toEqual([
      expect.stringMatching(`^${machine.temp}/tg-`),
      expect.stringMatching(`^${machine.temp}/tg-`),
    ]);
    expect(readdirSync(machine.temp)).toEqual([]);
  });

  test('exits 5 if it does not exist, and asks to set it', async () => {
    const machine = await machineWith({ TMPDIR: '/nowhere/at-all' });
    const { code, stderr, stdout } = await tg(machine, single(await planWith('')));
    expect(code).toBe(5);
    expect(stdout + stderr).toContain('cannot create a temporary folder');
    expect(stdout + stderr).toContain('Set TMPDIR to a folder that you can write to');
  });

  test('has no compile cache left by the Node programs of a build', async () => {
    const machine = await someMachine();
    const plan = await planWith('', {
      manifest: `[builders."exec:generic"]
build = "node -e 'require(\\"module\\").enableCompileCache?.(); require(\\"./x.cjs\\")'; echo $NODE_DISABLE_COMPILE_CACHE >built"
run = "cat built"`,
      files: { 'x.cjs': 'module.exports = function x() { return 1; };' },
    });
    const { code, stdout } = await tg(machine, single(plan, '-b', 'exec:generic'));
    expect([code, stdout]).toEqual([0, expect.stringContaining('single[000] >> 1\n')]);
    expect(readdirSync(machine.temp)).toEqual([]);
  });
});
