import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { genericPlan } from '../support/generic-plan.ts';
import { describeWith } from '../support/needs.ts';
import {
  ended,
  helpersOf,
  idOnceSaid,
  instanceFile,
  type Machine,
  onceSaid,
  root,
  single,
  someMachine,
  startTg,
  tg,
  verdictsOf,
} from '../support/tg.ts';
import { until } from '../support/until.ts';

const workOf = (machine: Machine) =>
  readdirSync(join(machine.home, 'data', 'work')).filter((name) => name.startsWith('exec-'));

/** A script that imports the SDK through another file and reports nothing. */
const silentWithSdk = {
  'run.mjs': "const sdk = await import('./quiet.mjs');",
  'quiet.mjs': "import '@testground/sdk';",
};

describe('exec:generic', () => {
  test('judges silent instances as incomplete if the sources of the plan import an SDK', async () => {
    const machine = await someMachine();
    // The SDK is installed, but does nothing.
    const files = { ...silentWithSdk, 'node_modules/@testground/sdk/index.js': '' };
    const plan = await genericPlan({ run: 'node run.mjs' }, files);
    const silent = await tg(machine, single(plan, '-i', '3'));
    expect([silent.code, await verdictsOf(machine, silent.runId)]).toEqual([
      6,
      Array(3).fill('incomplete: exited with status 0 and reported neither success nor failure'),
    ]);
    const without = await genericPlan({ run: 'node other.mjs' }, { ...files, 'other.mjs': '' });
    expect((await tg(machine, single(without, '-i', '3'))).code).toBe(0);
  });

  test('runs a script with the run environment and judges it by its exit status', async () => {
    const machine = await someMachine();
    const plan = await genericPlan(
      { run: 'sh main.sh' },
      {
        'main.sh':
          'echo "$TEST_INSTANCE_PARAMS of $TEST_GROUP_INSTANCE_COUNT"; exit $((TEST_INSTANCE_COUNT - 1))',
      },
    );
    const one = await tg(machine, single(plan));
    expect(one.code).toBe(0);
    expect(await instanceFile(machine, one.runId, 0, 'run.out')).toBe('word=hello of 1\n');
    expect(await verdictsOf(machine, one.runId)).toEqual([
      'success: exited with status 0 (the plan uses no SDK)',
    ]);
    const two = await tg(machine, single(plan, '-i', '2'));
    expect(two.code).toBe(1);
  });

  test('runs the build line in a copy of the plan, once for each set of selectors', async () => {
    const machine = await someMachine();
    const plan = await genericPlan(
      {
        build: 'mkdir out && sed s/NAME/$BUILD_SELECTORS/ main.in > out/main && chmod +x out/main',
        run: './out/main',
      },
      { 'main.in': '#!/bin/sh\necho NAME\n' },
    );
    const { runId, code } = await tg(machine, single(plan, '--selector', 'a,b'));
    expect([code, await instanceFile(machine, runId, 0, 'run.out')]).toEqual([0, 'a,b\n']);
    expect(readdirSync(plan).sort()).toEqual(['main.in', 'manifest.toml']);
    await tg(machine, single(plan, '--selector', 'a,b'));
    expect(workOf(machine)).toHaveLength(1);
    await tg(machine, single(plan));
    expect(workOf(machine)).toHaveLength(2);
  });

  test('exits 4 with the output of a failed build and leaves nothing behind', async () => {
    const machine = await someMachine();
    const plan = await genericPlan({
      build: 'echo working; echo "main.x:3: oh no" >&2; exit 9',
      run: 'true',
    });
    const { code, stderr } = await tg(machine, single(plan));
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /the plan does not build with exec:generic: echo working.*\(\/bin\/sh: status 9\)\n {2}working\n {2}main\.x:3: oh no\n/,
    );
    expect(readdirSync(join(machine.home, 'data', 'work'))).toEqual([]);
  });

  test('asks for a missing run line, and says that a Dockerfile is not built', async () => {
    const machine = await someMachine();
    const bare = await tg(machine, single(await genericPlan({})));
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringContaining('exec:generic needs a run line')]);
    const docker = await tg(machine, single(await genericPlan({}, { Dockerfile: 'FROM scratch\n' })));
    expect(docker.stderr).toContain('tg does not build its Dockerfile');
  });

  test('builds again if the toolchain command prints another version', async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ run: 'true' });
    for (const version of ['1', '1', '2']) {
      const { code } = await tg(machine, single(plan, '--build-cfg', `toolchain=echo ${version}`));
      expect(code).toBe(0);
    }
    expect(workOf(machine)).toHaveLength(2);
  });

  test('loses no output if the plan reopens /dev/stdout and /dev/stderr', async () => {
    const machine = await someMachine();
    const lines = Array.from({ length: 200 }, (_, index) => index);
    const plan = await genericPlan({
      run: 'for i in $(seq 0 199); do echo "out $i" >/dev/stdout; echo "err $i" >/dev/stderr; done; echo last',
    });
    const { code, runId } = await tg(machine, single(plan, '-i', '3', '-q'));
    expect(code).toBe(0);
    for (const index of [0, 1, 2]) {
      expect(await instanceFile(machine, runId, index, 'run.out')).toBe(
        `${lines.map((line) => `out ${line}\n`).join('')}last\n`,
      );
      expect(await instanceFile(machine, runId, index, 'run.err')).toBe(
        lines.map((line) => `err ${line}\n`).join(''),
      );
    }
  });

  test('captures a line of 30 MB and 200 000 more lines without loss', async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ run: `head -c 30000000 /dev/zero | tr '\\0' x; echo; seq 1 200000` });
    const { code, runId } = await tg(machine, single(plan, '-q'));
    expect(code).toBe(0);
    const text = await instanceFile(machine, runId, 0, 'run.out');
    expect(text.length).toBe(30_000_000 + 1 + 1_288_895);
    expect(text.endsWith('\n199999\n200000\n')).toBe(true);
  });

  test('does not wait for a background process that an instance left behind with its pipes open', async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ run: 'echo before; (setsid sh -c "sleep 300" &) ; exit 0' });
    const { code, runId } = await tg(machine, single(plan));
    expect([code, await instanceFile(machine, runId, 0, 'run.out')]).toEqual([0, 'before\n']);
  });

  test('keeps the output of an instance that Ctrl-C ended', async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ run: 'echo started; echo more >/dev/stderr; exec sleep 300' });
    const run = startTg(machine, single(plan));
    const runId = await idOnceSaid(run, 'started');
    run.kill('SIGINT');
    expect((await run).exitCode).toBe(130);
    expect(await instanceFile(machine, runId, 0, 'run.out')).toBe('started\n');
    expect(await instanceFile(machine, runId, 0, 'run.err')).toBe('more\n');
  });

  test('lets tg collect recover the output of instances whose tg was killed', async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ run: 'echo more >/dev/stderr; echo first; exec sleep 300' });
    const run = startTg(machine, single(plan));
    const runId = await idOnceSaid(run, 'first');
    run.kill('SIGKILL');
    await run;
    await until(async () => (await helpersOf(runId)).length === 0);
    expect((await tg(machine, ['collect', runId])).code).toBe(0);
    expect(await instanceFile(machine, runId, 0, 'run.out')).toBe('first\n');
    expect(await instanceFile(machine, runId, 0, 'run.err')).toBe('more\n');
  });

  test('ends the build on SIGINT and leaves nothing behind', async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ build: 'touch "$TG_PLAN_SOURCE/building"; sleep 300', run: 'true' });
    const run = startTg(machine, single(plan));
    await onceSaid(run, 'performing build');
    await until(() => existsSync(join(plan, 'building')));
    run.kill('SIGINT');
    expect((await run).exitCode).toBe(130);
    expect(readdirSync(join(machine.home, 'data', 'work'))).toEqual([]);
  });

  test('gives instances all that was built, caches and empty folders too, and leaves node_modules unchanged', async () => {
    const machine = await someMachine();
    const plan = await genericPlan(
      {
        build:
          'mkdir -p target/release out && touch target/CACHEDIR.TAG && echo "echo built" > target/release/plan; rm -rf node_modules/*',
        run: 'sh target/release/plan > out/said; cat out/said node_modules/kept/file',
      },
      { 'node_modules/kept/file': 'kept\n' },
    );
    const { code, runId } = await tg(machine, single(plan));
    expect([code, await instanceFile(machine, runId, 0, 'run.out')]).toEqual([0, 'built\nkept\n']);
    expect(await readFile(join(plan, 'node_modules/kept/file'), 'utf8')).toBe('kept\n');
  });

  test('gives each of 72 instances a verdict at a limit of 256 open files', async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ run: 'sleep 3' });
    const limited = ['-c', 'ulimit -n 256; exec "$@"', 'sh', process.execPath, join(root, 'bin', 'tg.js')];
    const run = await execa('/bin/sh', [...limited, ...single(plan, '-i', '72')], {
      ...{ cwd: machine.cwd, env: machine.env, extendEnv: false, reject: false },
    });
    const { code, runId, stderr } = ended(run);
    const verdicts = await verdictsOf(machine, runId);
    expect(verdicts).toHaveLength(72);
    // 72 is as many as the check before the start allows; most of them fit.
    for (const verdict of verdicts) expect(verdict).toMatch(/^success|^never-started: could not be started/);
    const passed = verdicts.every((verdict) => verdict.startsWith('success'));
    expect([code, stderr]).toEqual([passed ? 0 : 1, '']);
  });
});

describeWith('cc', 'exec:generic with a C compiler', () => {
  test('builds and runs a plan in C', async () => {
    const machine = await someMachine();
    const plan = await genericPlan(
      { build: 'cc -o main main.c', run: './main' },
      { 'main.c': '#include <stdio.h>\nint main(void) { puts("from C"); return 0; }\n' },
    );
    const { runId, all } = await tg(machine, single(plan));
    expect(all).toContain('OTHER << single[000] >> from C');
    expect(await instanceFile(machine, runId, 0, 'run.out')).toBe('from C\n');
  });
});
