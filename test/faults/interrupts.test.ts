import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { execa } from 'execa';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { fault } from '../support/faults.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { type Machine, outputsOf, root, single, someMachine, tg } from '../support/tg.ts';

/*
 * Every command, given something that makes it last, ends at the first signal. One second is promised; a busy machine
 * takes longer.
 */
const longestMs = 5_000;

interface Lasting {
  readonly args: readonly string[];
  /** Whether the command has reached what makes it last. Without this: it handles signals. */
  readonly begun?: (pid: number) => boolean;
}

type Prepare = (machine: Machine) => Promise<Lasting> | Lasting;

/** Each test has its own home; the homes with runs are made once and shared. */
let runs: { readonly home: Machine; readonly many: Machine; readonly id: string };

const pipe = async ({ cwd }: Machine) => {
  await execa('mkfifo', [join(cwd, 'pipe')]);
  return 'pipe';
};

/** Puts a program on the machine's PATH that never ends. @returns whether it has begun. */
const hanging = ({ cwd, env }: Machine, name: string) => {
  const bin = join(cwd, '..', 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, name), `#!/bin/sh\n: >${bin}/begun\nexec sleep 1000\n`);
  chmodSync(join(bin, name), 0o755);
  Object.assign(env, { PATH: `${bin}:${env['PATH']}` });
  return () => existsSync(join(bin, 'begun'));
};

/** Whether a process has used more processor time than this, in hundredths of a second: then it is amid its work. */
const busy =
  (hundredths = 60) =>
  (pid: number) => {
    const fields = (readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1] ?? '').split(' ');
    return Number(fields[11]) + Number(fields[12]) > hundredths;
  };

/** Whether a run of the plan `p` has written its result. */
const resultIn = ({ home }: Machine) => {
  const runs = join(home, 'data', 'outputs', 'local_exec', 'p');
  // Not a recursive listing: folders and links come and go there while it is made.
  return () => existsSync(runs) && readdirSync(runs).some((id) => existsSync(join(runs, id, 'result.json')));
};

const inHome = (of: 'home' | 'many', ...args: readonly string[]): Prepare => {
  return ({ env }) => {
    Object.assign(env, { TESTGROUND_HOME: runs[of].home });
    return { args, begun: busy() };
  };
};

const ofRun =
  (args: (id: string, pipe: string) => readonly string[], begun?: Lasting['begun']): Prepare =>
  async (machine) => {
    Object.assign(machine.env, { TESTGROUND_HOME: runs.home.home });
    return { args: args(runs.id, await pipe(machine)), ...(begun === undefined ? {} : { begun }) };
  };

const slowBuild = async (machine: Machine) => {
  const begun = join(machine.cwd, '..', 'begun');
  const config = `[builders."exec:generic"]\nbuild = ": >${begun}; exec sleep 1000"\nrun = "true"`;
  const dir = await planWith('', { manifest: config });
  return { plan: ['-p', dir, '-b', 'exec:generic'], dir, begun: () => existsSync(begun) };
};

const fromPipe =
  (...args: readonly string[]): Prepare =>
  async (machine) => ({ args: [...args, '-f', await pipe(machine)] });

/** `tg sync` in a run whose sync service accepts connections and never answers. */
const unanswered =
  (...args: readonly string[]): Prepare =>
  async ({ env }) => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    Object.assign(env, { SYNC_SERVICE_HOST: '127.0.0.1', SYNC_SERVICE_PORT: String(port) });
    Object.assign(env, { TEST_RUN: 'r', TEST_PLAN: 'p', TEST_CASE: 'c', TEST_INSTANCE_COUNT: '2' });
    return { args: ['sync', ...args], begun: () => sockets.length > 0 };
  };

/** What makes each command last. The first test fails if a command is missing here. */
const lasting: Readonly<
  Record<
    string,
    Readonly<Record<string, Prepare>> | 'it has nothing to wait for' | 'Ctrl-C is for its command'
  >
> = {
  'run single': {
    'an instance that stays': () => ({ args: fault('stays', '-i', '1') }),
    'a build that never ends': async (machine) => {
      const { plan, begun } = await slowBuild(machine);
      return { args: ['run', 'single', ...plan], begun };
    },
    'a result file that is a pipe': async (machine) => ({
      args: single(await planWith(''), '-O', await pipe(machine)),
      begun: resultIn(machine),
    }),
    'an archive that is a pipe': async (machine) => ({
      args: single(await planWith(''), '-o', await pipe(machine)),
      begun: resultIn(machine),
    }),
  },
  'run composition': { 'a composition that is a pipe': fromPipe('run', 'composition') },
  rerun: {
    'an instance that stays': async (machine) => {
      const run = await tg(machine, fault('stays', '-i', '1', '--timeout', '1s'));
      return { args: ['rerun', run.runId, '--timeout', '10m'] };
    },
  },
  'build single': {
    'a build that never ends': async (machine) => {
      const { plan, begun } = await slowBuild(machine);
      return { args: ['build', 'single', ...plan], begun };
    },
  },
  'build composition': { 'a composition that is a pipe': fromPipe('build', 'composition') },
  'build purge': 'it has nothing to wait for',
  tasks: {
    'thousands of runs': inHome('many', 'tasks'),
    'thousands of runs, as JSON': inHome('many', 'tasks', '--json'),
  },
  status: 'it has nothing to wait for',
  why: 'it has nothing to wait for',
  logs: {
    'a run with much output': ofRun((id) => ['logs', id], busy()),
    'a run with much output, followed': ofRun((id) => ['logs', id, '-f'], busy()),
  },
  metrics: {
    'a run with many metrics': ofRun((id) => ['metrics', id], busy()),
    'a CSV file': ofRun((id) => ['metrics', id, '--format', 'csv', '-o', 'x.csv'], busy()),
    'a Parquet file': ofRun((id) => ['metrics', id, '--format', 'parquet', '-o', 'x.parquet'], busy()),
    'a pipe': ofRun((id, file) => ['metrics', id, '--format', 'csv', '-o', file]),
  },
  report: {
    'a run with many metrics': ofRun((id) => ['report', id], busy()),
    'a pipe': ofRun((id, file) => ['report', id, '-o', file], busy()),
    'a browser': ofRun((id) => ['report', id, '--watch']),
  },
  compare: {
    'runs with many metrics': ofRun((id) => ['compare', id, './copy', '--html', 'x.html'], busy()),
  },
  'net show': 'it has nothing to wait for',
  'net shell': 'Ctrl-C is for its command',
  terminate: { 'thousands of runs': inHome('many', 'terminate', '--all') },
  collect: {
    'a large run': ofRun((id) => ['collect', id], busy()),
    'a pipe': ofRun((id, file) => ['collect', id, '-o', file]),
  },
  prune: { 'thousands of runs': inHome('many', 'prune', '--older-than', '0s') },
  'plan create': {
    'a git that hangs': (machine) => ({
      begun: hanging(machine, 'git'),
      args: ['plan', 'create', '-p', 'x'],
    }),
  },
  'plan import': {
    'a git that hangs': (machine) => ({
      begun: hanging(machine, 'git'),
      args: ['plan', 'import', '--git', '--from', 'https://127.0.0.1/x.git'],
    }),
  },
  'plan list': 'it has nothing to wait for',
  'plan rm': 'it has nothing to wait for',
  describe: { 'a composition that is a pipe': fromPipe('describe') },
  healthcheck: {
    'a cargo that hangs': (machine) => ({ begun: hanging(machine, 'cargo'), args: ['healthcheck'] }),
  },
  daemon: {
    'while it serves': ({ home }) => {
      mkdirSync(home);
      writeFileSync(join(home, '.env.toml'), '[daemon]\nlisten = ":0"\n');
      return { args: ['daemon'] };
    },
  },
  'sync-service': { 'while it serves': () => ({ args: ['sync-service', '--port', '0'] }) },
  'sync signal': { 'a service that does not answer': unanswered('signal', 's') },
  'sync barrier': { 'a service that does not answer': unanswered('barrier', 's') },
  'sync publish': { 'a service that does not answer': unanswered('publish', 't', 'word') },
  'sync subscribe': { 'a service that does not answer': unanswered('subscribe', 't') },
  'sync event': { 'a service that does not answer': unanswered('event', 'success') },
  completion: 'it has nothing to wait for',
  schema: 'it has nothing to wait for',
  version: 'it has nothing to wait for',
};

/** The full names of all commands without subcommands. */
function commandsOf(command: Command, above = ''): string[] {
  return command.commands.flatMap((its) => {
    const text = `${above}${its.name()}`;
    return its.commands.length > 0 ? commandsOf(its, `${text} `) : [text];
  });
}

test('every command is in the table', () => {
  const hidden = ['__carry-out'];
  const commands = commandsOf(buildProgram('tg', () => {})).filter((text) => !hidden.includes(text));
  expect(Object.keys(lasting).sort()).toEqual(commands.sort());
});

/**
 * Whether tg handles signals: until then a signal ends it like any other program. Looks for SIGHUP, because Node itself
 * handles SIGINT from its start.
 */
function listens(pid: number): boolean {
  const [, caught = '0'] =
    /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return (BigInt(`0x${caught}`) & 1n) !== 0n;
}

/** Makes a run with much output and many metrics, and a home with 20,000 runs. */
async function manyRuns() {
  const home = await someMachine();
  const { runId: id } = await tg(home, single(await sdkPlanWith('')));
  const dir = await outputsOf(home, id);
  const many = await someMachine();
  for (let index = 0; index < 20_000; index++) {
    const its = join(
      many.home,
      'data/outputs/local_exec/p',
      `${id.slice(0, 12)}${String(index).padStart(8, '0')}`,
    );
    mkdirSync(its, { recursive: true });
    for (const name of ['journal.ndjson', 'result.json']) linkSync(join(dir, name), join(its, name));
  }
  await execa('rm', ['-f', join(dir, 'metrics.parquet')]);
  const line = (at: number) =>
    `{"ts":${1.8e18 + at * 1e6},"type":"point","name":"m${at % 50}","measures":{"value":${at % 1_000}}}\n`;
  const lines = Array.from({ length: 100_000 }, (_, at) => line(at)).join('');
  writeFileSync(join(dir, 'single/0/results.out'), lines.repeat(15));
  writeFileSync(join(dir, 'single/0/run.out'), 'hello\n'.repeat(3_000_000));
  // Takes seconds to compress, and no room on the disk.
  writeFileSync(join(dir, 'single/0/zeros'), '');
  truncateSync(join(dir, 'single/0/zeros'), 4 * 1024 ** 3);
  return { home, many, id };
}

describe('a first SIGINT ends', { tags: ['linux'] }, () => {
  beforeAll(async () => {
    runs = await manyRuns();
  });

  const all = Object.entries(lasting).flatMap(([command, ways]) =>
    typeof ways === 'string' ? [] : Object.entries(ways).map(([way, prepare]) => ({ command, way, prepare })),
  );

  test.each(all)('tg $command: $way', async ({ command, prepare }) => {
    const machine = await someMachine();
    const { args, begun = () => true } = await prepare(machine);
    if (command === 'compare')
      await execa('cp', ['-r', await outputsOf(runs.home, runs.id), `${machine.cwd}/copy`]);
    const before = readdirSync(machine.cwd);
    const child = spawn(process.execPath, [join(root, 'bin', 'tg.js'), ...args], {
      cwd: machine.cwd,
      env: machine.env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const ended = once(child, 'exit');
    const pid = child.pid ?? 0;
    // If the command has ended already, the next line says how.
    while (child.exitCode === null && !(listens(pid) && begun(pid))) await sleep(5);
    expect([child.exitCode, said]).toEqual([null, expect.any(String)]);
    child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGKILL'), longestMs);
    const [code, signal] = await ended;
    clearTimeout(timer);
    // A server has done its work when the signal comes, if it was serving already.
    const codes = command === 'daemon' || args.includes('--watch') ? [0, 130] : [130];
    expect([codes.includes(code), code, signal, said]).toEqual([true, code, null, expect.any(String)]);
    expect(readdirSync(machine.cwd)).toEqual(before);
    expect(readdirSync(machine.temp)).toEqual([]);
  });
});
