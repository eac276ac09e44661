import { readFileSync } from 'node:fs';
import { mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { lives } from '../../src/os/process-id.ts';
import { planWith } from '../support/plans.ts';
import {
  helpersOf,
  type Machine,
  resultOf,
  single,
  someMachine,
  startTg,
  tg,
  verdictsOf,
} from '../support/tg.ts';
import { until } from '../support/until.ts';

function builtBy(build: string): Promise<string> {
  const lines = `[builders."exec:generic"]\nbuild = ${JSON.stringify(build)}\nrun = "true"`;
  return planWith('', { manifest: lines });
}

const generic = (plan: string, ...more: string[]) => single(plan, '-b', 'exec:generic', ...more);

/** Waits for the PID that a build writes into this file in HOME. */
async function pidIn(machine: Machine, name: string): Promise<number> {
  const file = join(machine.env['HOME'] ?? '', name);
  await until(async () => Boolean((await stat(file).catch(() => undefined))?.size ?? 0));
  return Number(readFileSync(file, 'utf8'));
}

/** The TG_BUILD of a process. Retries, because the environment cannot be read during an exec. */
async function buildIdOf(pid: number): Promise<string> {
  const read = () => /TG_BUILD=(\w+)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1];
  await until(async () => read() !== undefined);
  return read() ?? '';
}

const workOf = (machine: Machine) => readdir(join(machine.home, 'data', 'work'));

describe('a build with exec:generic', () => {
  test.each([
    ['in the background', 'sleep 621 & echo $! >$HOME/pid'],
    ['in the background, by a line that fails', 'sleep 622 & echo $! >$HOME/pid; exit 3'],
    [
      'in a session of its own',
      `setsid sh -c 'echo $$ >$HOME/pid; exec sleep 623' & while [ ! -s $HOME/pid ]; do :; done`,
    ],
    [
      'in a session of its own, by the toolchain line',
      'true',
      `setsid sh -c 'echo $$ >$HOME/pid; exec sleep 624 >/dev/null 2>&1' & while [ ! -s $HOME/pid ]; do :; done`,
    ],
  ])('leaves no process behind that it started %s', async (_, build, toolchain = '') => {
    const machine = await someMachine();
    const extra = toolchain === '' ? [] : ['--build-cfg', `toolchain=${toolchain}`];
    // The process also holds the pipes of the build; the run does not wait for it.
    const { code } = await tg(machine, generic(await builtBy(build), ...extra));
    expect(code).toBe(build.endsWith('exit 3') ? 4 : 0);
    expect(lives({ pid: await pidIn(machine, 'pid') })).toBe(false);
  });

  test('shows beginning and end of long output when it fails, and keeps all of it until tg build purge', async () => {
    const machine = await someMachine();
    const build = 'echo first words; head -c 20000000 /dev/zero | tr "\\0" x; echo; echo last words; exit 1';
    const plan = await builtBy(build);
    const { code, stderr } = await tg(machine, generic(plan));
    expect(code).toBe(4);
    expect(stderr).toMatch(/first words\n.*x\n.*… \(19\.1 MiB in all: \S+failed\.log\)\n.*x\n.*last words/s);
    expect(stderr.length).toBeLessThan(40_000);
    const log = /in all: (\S+)\)/.exec(stderr)?.[1] ?? '';
    const all = readFileSync(log, 'utf8');
    expect([all.length, all.startsWith('first words\nxxx'), all.endsWith('xxx\nlast words\n')]).toEqual([
      20_000_024,
      true,
      true,
    ]);
    // `tg build purge` removes the log, and so does the next build that succeeds.
    await tg(machine, ['build', 'purge', '-p', plan, '-b', 'exec:generic']);
    expect(await workOf(machine)).toEqual([]);
  });

  test('shows its first error first, wherever it is in the output', async () => {
    const words = (count: number) => `seq 1 ${count} | sed 's/^/warning /'`;
    const error = 'echo "main.c:3:5: error: oh no"; echo "more of it"';
    const few = await tg(await someMachine(), generic(await builtBy(`${words(30)}; ${error}; exit 1`)));
    expect(few.stderr).toMatch(
      /status 1\)\n {2}main\.c:3:5: error: oh no\n {2}more of it\n {2}… \(the output before that\)\n {2}warning 1\n.*warning 30\n$/s,
    );
    const many = `${words(99_999)}; ${error}; ${words(99_999)}; exit 1`;
    const { stderr } = await tg(await someMachine(), generic(await builtBy(many)));
    expect(stderr).toMatch(
      /status 1\)\n {2}main\.c:3:5: error: oh no\n {2}more of it\n.*… \(2\.6 MiB in all: .*\)\n.*warning 99999\n$/s,
    );
  });
});

describe('a build that hangs', () => {
  test('ends at the timeout of the run: exit 7, no instance started, nothing left behind', async () => {
    const machine = await someMachine();
    const plan = await builtBy('echo $$ >$HOME/pid; exec sleep 625');
    const { code, runId } = await tg(machine, generic(plan, '-i', '2', '--timeout', '8s'));
    expect(code).toBe(7);
    const reason = 'never-started: not started: the timeout of 8s expired while the plan was being built';
    expect(await verdictsOf(machine, runId)).toEqual([reason, reason]);
    expect(await resultOf(machine, runId)).toMatchObject({ stopped: { ending: 'timeout' } });
    expect(lives({ pid: await pidIn(machine, 'pid') })).toBe(false);
    expect(await workOf(machine)).toEqual([]);
  });

  test('is retried in the next round of --repeat, which has a timeout of its own', async () => {
    const machine = await someMachine();
    const plan = await builtBy('[ -e $HOME/again ] || { touch $HOME/again; exec sleep 626; }');
    const { code, all } = await tg(machine, generic(plan, '--repeat', '2', '--timeout', '5s'));
    expect(code).toBe(7);
    expect(all).toMatch(/1 never-started.*outcome: success; 1 instance: 1 success/s);
  });

  test.each([
    ['run', 'single'],
    ['build', 'single'],
  ])('ends on a SIGINT to `tg %s`: exit 130, no process and no file left behind', async (...command) => {
    const machine = await someMachine();
    const plan = await builtBy(`trap '' INT TERM; sh -c 'echo $$ >$HOME/pid; exec sleep 627'`);
    const run = startTg(machine, [...command, '-p', plan, '-b', 'exec:generic']);
    const pid = await pidIn(machine, 'pid');
    run.kill('SIGINT');
    expect((await run).exitCode).toBe(130);
    expect(lives({ pid })).toBe(false);
    expect(await workOf(machine)).toEqual([]);
  });

  test('leaves no process and no file behind when `tg build` is killed', async () => {
    const machine = await someMachine();
    const plan = await builtBy(`touch begun; setsid sh -c 'echo $$ >$HOME/pid; exec sleep 628'`);
    const build = startTg(machine, ['build', 'single', '-p', plan, '-b', 'exec:generic']);
    const pid = await pidIn(machine, 'pid');
    const id = await buildIdOf(pid);
    // data/work also has the lease.
    expect((await workOf(machine)).filter((name) => name.startsWith('exec-generic'))).toHaveLength(1);
    expect(await helpersOf(id, ['tg-watchdog'])).toHaveLength(1);
    build.kill('SIGKILL');
    await build;
    await until(async () => (await helpersOf(id, ['tg-watchdog'])).length === 0);
    expect(lives({ pid })).toBe(false);
    expect(await workOf(machine)).toEqual([]);
  });
});

describe('unusual paths and files', () => {
  test('a plan runs if the path of the home has replacement patterns such as $& and {node}', async () => {
    const machine = await someMachine();
    const home = join(machine.cwd, "a$$b$&c$'d$`e{node}");
    await mkdir(home);
    const there = { ...machine, home, env: { ...machine.env, TESTGROUND_HOME: home } };
    const { code, all } = await tg(there, single(await planWith('console.log("x")')));
    expect([code, all]).toEqual([0, expect.stringContaining('OTHER << single[000] >> x')]);
  });

  test('{node} and {artifact} in a run line stay as they are', async () => {
    const machine = await someMachine();
    const plan = await planWith('', {
      manifest: '[builders."exec:generic"]\nrun = "echo {node} {artifact}"',
    });
    expect((await tg(machine, generic(plan))).all).toContain('OTHER << single[000] >> {node} {artifact}');
  });

  test.each(['exec:node', 'exec:generic'])(
    '%s exits 4 and names a file of the plan that cannot be read',
    async (builder) => {
      const machine = await someMachine();
      const plan = await planWith('', {
        manifest: '[builders."exec:node"]\n[builders."exec:generic"]\nrun = "true"',
      });
      // Not even root can read it.
      await symlink('/proc/self/mem', join(plan, 'unreadable'));
      const { code, stderr } = await tg(machine, single(plan, '-b', builder));
      expect([code, stderr]).toEqual([
        4,
        expect.stringMatching(
          /unreadable: a file of the plan cannot be read: EIO\n {2}Fix that file, or its permissions\.\n$/,
        ),
      ]);
      expect(await workOf(machine)).toEqual([]);
    },
  );

  test.each([
    ['exec:node', ['package.json', 'tsconfig.json', 'package-lock.json', 'shared.ts']],
    ['exec:generic', ['Makefile', 'package.json']],
  ] as const)(
    '%s does not block on named pipes in the place of files that it reads',
    async (builder, names) => {
      const machine = await someMachine();
      const manifest = '[builders."exec:node"]\n[builders."exec:generic"]\nrun = "true"';
      const plan = await planWith('', { manifest });
      for (const name of names) await execa('mkfifo', [join(plan, name)]);
      expect((await tg(machine, single(plan, '-b', builder))).code).toBe(0);
    },
  );
});
