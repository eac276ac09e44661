import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { isBeyondLimits } from '../../src/os/privileges.ts';
import { checkLimits, type Limit, threadsOf } from '../../src/runners/process/limits.ts';
import { expectNothingLeft, fault, runFault } from '../support/faults.ts';
import { describeWith } from '../support/needs.ts';
import { fakeTimeLibrary, namespaceWay } from '../support/parts.ts';
import { planWith } from '../support/plans.ts';
import {
  ended,
  entriesOf,
  helpersOf,
  instanceFile,
  type Machine,
  outputsOf,
  resultOf,
  root,
  single,
  someMachine,
  tg,
  verdictsOf,
} from '../support/tg.ts';
import { until } from '../support/until.ts';

const tgCommand = [process.execPath, join(root, 'bin', 'tg.js')];

/** Runs a command as a user of that machine would. */
async function onMachine(machine: Machine, words: readonly string[]) {
  const [program = '', ...args] = words;
  const { env, cwd } = machine;
  return ended(
    await execa(program, args, { cwd, env, extendEnv: false, reject: false, stripFinalNewline: false }),
  );
}

/** Runs tg in its own mount namespace, after shell commands that mount something. */
async function inNamespace(machine: Machine, mounts: string, args: readonly string[]) {
  const script = `${mounts} && exec "$@"`;
  return await onMachine(machine, [
    'unshare',
    ...(namespaceWay() ?? []),
    'sh',
    '-c',
    script,
    'sh',
    ...tgCommand,
    ...args,
  ]);
}

describeWith('namespace', 'a disk', () => {
  test('that fills up during a run ends it with exit 5; output and records are kept whole', async () => {
    const machine = await someMachine();
    await mkdir(machine.home);
    const script = `mount -t tmpfs -o size=12m none "$TESTGROUND_HOME" && "$@"; code=$?; cp -r "$TESTGROUND_HOME" kept; exit $code`;
    const run = await onMachine(machine, [
      ...['unshare', ...(namespaceWay() ?? []), 'sh', '-c', script, 'sh', ...tgCommand],
      ...fault('floods', '-i', '1', '-q'),
    ]);
    expect(run.code).toBe(5);
    expect(run.stdout).toMatch(/ending the run: the disk of \S+ is full/);
    const there: Machine = { ...machine, home: join(machine.cwd, 'kept') };
    const [verdict = ''] = await verdictsOf(there, run.runId);
    expect(verdict).toMatch(/^(failed|aborted): .*the disk (of \S+ )?is full/);
    expect((await resultOf(there, run.runId)).stopped.ending).toBe('disk-full');
    const out = await instanceFile(there, run.runId, 0, 'run.out');
    expect(out.split('\n').slice(1, 100)).toEqual(
      Array.from({ length: 99 }, (_, number) => `${number} ${'x'.repeat(1_000)}`),
    );
    const journal = readFileSync(join(await outputsOf(there, run.runId), 'journal.ndjson'), 'utf8');
    const types = journal
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect([types[0], types.at(-1), types.includes('instance-exited')]).toEqual([
      'run-queued',
      'run-ended',
      true,
    ]);
    await expectNothingLeft(machine, run.runId);
  });

  test('that is full from the start makes a run and tg healthcheck exit 5 with one clear error', async () => {
    const machine = await someMachine();
    await mkdir(machine.home);
    const fill =
      'mount -t tmpfs -o size=4m none "$TESTGROUND_HOME" && head -c 4m /dev/zero > "$TESTGROUND_HOME/all"; true';
    const run = await inNamespace(machine, fill, fault('succeeds-twice', '-i', '1'));
    expect([run.code, run.stderr]).toEqual([
      5,
      expect.stringMatching(
        /^error: the disk of \S+ is full \(0 ?B free\)\n {2}A run needs disk space for its records/,
      ),
    ]);
    const health = await inNamespace(machine, fill, ['healthcheck']);
    expect([health.code, health.stdout]).toEqual([
      5,
      expect.stringMatching(/^- disk: failed; the disk of \S+ is full/m),
    ]);
  });

  test('that a build fills up makes tg exit 5 and say to free space', async () => {
    const machine = await someMachine();
    await mkdir(machine.home);
    const plan = await planWith('', { files: { 'data.bin': 'x'.repeat(16 * 1024 * 1024) } });
    const small = 'mount -t tmpfs -o size=8m none "$TESTGROUND_HOME"';
    const run = await inNamespace(machine, small, single(plan, '-i', '1'));
    expect([run.code, run.stderr]).toEqual([
      5,
      expect.stringMatching(/^error: the disk is full: ENOSPC.*\n {2}Free some space/),
    ]);
  });

  test('with a read-only home makes tg exit 2 with one clear error, and start nothing', async () => {
    const machine = await someMachine();
    await mkdir(machine.home);
    const mounts =
      'mount --bind "$TESTGROUND_HOME" "$TESTGROUND_HOME" && mount -o remount,ro,bind "$TESTGROUND_HOME"';
    const run = await inNamespace(machine, mounts, fault('stays'));
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/^error: \S+: the home directory is not writable: EROFS/);
    expect(run.stderr).toContain('Set TESTGROUND_HOME to a folder that you can write to');
    expect([run.runId, run.stdout]).toEqual(['', '']);
    expect([readdirSync(machine.home), readdirSync(machine.temp)]).toEqual([[], []]);
  });

  test('with a home that became read-only still lets past runs be read and collected', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, fault('fails'));
    const mounts =
      'mount --bind "$TESTGROUND_HOME" "$TESTGROUND_HOME" && mount -o remount,ro,bind "$TESTGROUND_HOME"';
    for (const args of [['status'], ['logs'], ['why'], ['tasks'], ['collect', runId]])
      expect([args[0], (await inNamespace(machine, mounts, args)).code]).toEqual([args[0], 0]);
    expect(await entriesOf(join(machine.cwd, `${runId}.tgz`))).toContain(`${runId}/single/0/run.out`);
  });
});

describe('limits', () => {
  test('of open files are checked before the start: too low exits 5, perhaps too low warns', async () => {
    const machine = await someMachine();
    const limited = ['prlimit', '--nofile=256:256', ...tgCommand];
    const many = await onMachine(machine, [...limited, ...fault('stays', '-i', '100')]);
    expect(many.code).toBe(5);
    expect(many.stderr).toBe(
      'error: 100 instances do not fit this machine: they need 340 open files (ulimit -n)\n' +
        '  The limit is 256. Raise it, or run fewer instances.\n',
    );
    expect((await resultOf(machine, many.runId)).outcome).toBe('error');
    const doubt = '50 instances may need 340 open files (ulimit -n), but the limit is 256';
    const some = await onMachine(machine, [...limited, ...fault('succeeds-twice', '-i', '50')]);
    expect([some.code, some.stdout]).toEqual([0, expect.stringContaining(doubt)]);
    // A failed run repeats the warning as a possible cause.
    const failed = await onMachine(machine, [...limited, ...fault('fails', '-i', '50')]);
    expect([failed.code, failed.stdout]).toEqual([
      1,
      expect.stringContaining(`possible cause of failure: ${doubt}`),
    ]);
  });

  test('of open files that are reached during the run are the reason of each instance that cannot start', async () => {
    const machine = await someMachine();
    // Each instance opens 60 connections to tg.
    const plan = await planWith(
      `import { connect } from 'node:net';
       const { SYNC_SERVICE_HOST: host, SYNC_SERVICE_PORT: port } = process.env;
       for (let n = 0; n < 60; n++) connect(Number(port), host).on('error', () => {});
       setTimeout(() => process.exit(0), 1_500);`,
    );
    const run = await onMachine(machine, [
      'prlimit',
      '--nofile=128:128',
      ...tgCommand,
      ...single(plan, '-i', '10'),
    ]);
    // Started instances pass, the others say why they did not start, and tg itself has no error.
    expect(run.stderr).toBe('');
    const verdicts = await verdictsOf(machine, run.runId);
    for (const verdict of verdicts)
      expect(verdict).toMatch(/^success: |^never-started: could not be started: .*EMFILE/);
    expect(run.code).toBe(verdicts.every((verdict) => verdict.startsWith('success')) ? 0 : 1);
    await expectNothingLeft(machine, run.runId);
  });

  // The process limit does not hold for root, except in its own user namespace, as in a rootless container.
  const apart = isBeyondLimits() ? ['unshare', '-U', '--map-current-user'] : [];
  const needs = apart.length > 0 ? 'userNamespace' : 'linux';
  test('of processes are checked before the start', { tags: [needs] }, async () => {
    const machine = await someMachine();
    const max = threadsOf(process.getuid?.() ?? 0) + 300;
    const run = await onMachine(machine, [
      ...[...apart, 'prlimit', `--nproc=${max}`, ...tgCommand],
      ...fault('stays', '-i', '1000'),
    ]);
    expect(run.stderr).toMatch(
      /1000 instances do not fit this machine: they need 1000 processes \(ulimit -u\)/,
    );
    expect(run.code).toBe(5);
  });

  const open: Limit = { of: 'open files (ulimit -n)', max: Number.POSITIVE_INFINITY, used: 0 };

  test.each<[string, Limit, readonly Limit[], RegExp | undefined]>([
    ['no limits', open, [], undefined],
    ['too few open files', { ...open, max: 60 }, [], /they need 70 open files/],
    [
      'too few processes',
      open,
      [{ of: 'processes (ulimit -u)', max: 50, used: 45 }],
      /they need 10 processes \(ulimit -u\)/,
    ],
    [
      'too few processes in the control group',
      open,
      [{ of: 'processes (pids.max)', max: 54, used: 45 }],
      /pids\.max/,
    ],
    ['just enough of both', { ...open, max: 100 }, [{ of: 'processes', max: 155, used: 45 }], undefined],
  ])('decide whether 10 instances fit: %s', (_, files, processes, problem) => {
    const check = () => checkLimits(10, files, processes);
    if (problem === undefined) expect(check()).toEqual([]);
    else expect(check).toThrow(problem);
  });
});

describe('--max-output', () => {
  test('ends a run that writes more with exit 1, and keeps the output until then', async () => {
    const run = await runFault(await someMachine(), 'floods', '--max-output', '5MB', '-q');
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(
      /ending the run: the instances have written [\d.]+ MiB, more than --max-output allows \(4\.8 MiB\)/,
    );
    expect(run.verdicts[0]).toMatch(
      /^aborted: ended because the run wrote more than --max-output; last output: \d+ x/,
    );
    expect((await resultOf(run.machine, run.runId)).stopped.ending).toBe('max-output');
    expect((await instanceFile(run.machine, run.runId, 0, 'run.out')).length).toBeGreaterThan(5_000_000);
  });

  test.each(['0', '-1', 'much', '5XB'])('refuses the size %s', async (size) => {
    const run = await tg(await someMachine(), fault('stays', `--max-output=${size}`));
    expect([run.code, run.stderr]).toEqual([
      2,
      expect.stringContaining('max_output must be a positive size'),
    ]);
  });
});

describe('a port that is taken', () => {
  test('makes tg sync-service exit 5 and name the address', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const { port } = server.address() as { port: number };
    const run = await tg(await someMachine(), ['sync-service', '--port', String(port)]);
    server.close();
    expect([run.code, run.stderr]).toEqual([
      5,
      expect.stringContaining(`cannot listen on 127.0.0.1:${port}`),
    ]);
  });
});

describeWith('faketime', 'a clock that is set back during a run', () => {
  test('makes no duration negative, no time run backwards, and no run fail', async () => {
    const machine = await someMachine();
    const file = join(machine.cwd, 'clock');
    writeFileSync(file, '+0');
    const plan = await planWith(
      `import { writeFileSync } from 'node:fs';
       console.log('before'); writeFileSync(process.env.CLOCK, '-3600');
       setTimeout(() => console.log('after'), 300);`,
    );
    const faked = {
      ...{ LD_PRELOAD: fakeTimeLibrary() ?? '', FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' },
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    const there = { ...machine, env: { ...machine.env, ...faked } };
    const run = await tg(there, single(plan, '--env', `CLOCK=${file}`, '--json', '--timeout', '30s'));
    expect(run.code).toBe(0);
    const events = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { run_id: runId } = events.find(({ type }) => type === 'run-queued');
    const result = await resultOf(machine, runId);
    expect(result.duration_ms).toBeGreaterThan(0);
    expect(result.duration_ms).toBeLessThan(30_000);
    expect(Date.parse(result.ended) - Date.parse(result.started)).toBe(result.duration_ms);
    const journal = readFileSync(join(await outputsOf(machine, runId), 'journal.ndjson'), 'utf8').trimEnd();
    const times = journal.split('\n').map((line) => JSON.parse(line).at);
    expect(times).toEqual([...times].sort());
    const elapsed = events.filter(({ type }) => type === 'line').map(({ elapsed_ms }) => elapsed_ms);
    expect(elapsed).toEqual([...elapsed].sort((a, b) => a - b));
  });
});

test('an uncaught error inside tg exits 70 and is reported as a bug', async () => {
  const machine = await someMachine();
  // As if a callback inside tg threw.
  const code = 'setTimeout(() => { throw new Error("nobody expected this") }, 1500)';
  const env = { ...machine.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
  const run = await tg({ ...machine, env }, fault('stays'));
  expect([run.code, run.stderr]).toEqual([
    70,
    expect.stringMatching(/^This is a bug in tg.*\nError: nobody expected/),
  ]);
  await until(async () => (await helpersOf(run.runId)).length === 0);
  await expectNothingLeft(machine, run.runId);
});
