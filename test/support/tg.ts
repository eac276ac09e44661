import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { list } from 'tar';
import { tempDir } from './temp.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The code cache of V8 for tg: all machines of the tests share it, like all runs of a user. */
const compiled = join(root, 'node_modules', '.cache', 'tg-compiled');

/** A user's machine as tg sees it: a home of its own, a working directory, a folder for temporary files. */
export interface Machine {
  readonly home: string;
  readonly cwd: string;
  readonly temp: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout, then stderr. */
  readonly all: string;
  /** The run ID, or an empty string if there was no run. */
  readonly runId: string;
}

export async function someMachine(env: Readonly<Record<string, string>> = {}): Promise<Machine> {
  const dir = await tempDir();
  const [home, cwd, temp] = [join(dir, 'home'), join(dir, 'cwd'), join(dir, 'tmp')];
  for (const folder of [cwd, temp, join(dir, '.cache')]) await mkdir(folder);
  await mkdir(compiled, { recursive: true, mode: 0o700 });
  await symlink(compiled, join(dir, '.cache', 'tg'));
  const own = { PATH: process.env['PATH'] ?? '', HOME: dir, TESTGROUND_HOME: home, TMPDIR: temp };
  return { home, cwd, temp, env: { ...own, ...env } };
}

/** The arguments of `tg run single` for a plan. */
export function single(plan: string, ...more: readonly string[]): string[] {
  return ['run', 'single', '-p', plan, ...more];
}

/**
 * Starts the built tg as a user does.
 * @param through a command that runs the command given as its last arguments.
 */
export function startTg(
  machine: Machine,
  args: readonly string[],
  name: 'tg' | 'testground' = 'tg',
  through: readonly string[] = [],
) {
  const [program = '', ...rest] = [...through, process.execPath, join(root, 'bin', `${name}.js`), ...args];
  const run = execa(program, rest, {
    cwd: machine.cwd,
    env: machine.env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
  });
  listenTo(run);
  return run;
}

/** Runs the built tg to its end; never throws. */
export async function tg(
  machine: Machine,
  args: readonly string[],
  name: 'tg' | 'testground' = 'tg',
): Promise<Ended> {
  return ended(await startTg(machine, args, name));
}

export function ended(result: { exitCode?: number | undefined; stdout: string; stderr: string }): Ended {
  const { exitCode, stdout, stderr } = result;
  const all = stdout + stderr;
  return { code: exitCode, stdout, stderr, all, runId: /run is queued with ID: (\S+)/.exec(all)?.[1] ?? '' };
}

/** The outputs folder of a run. */
export async function outputsOf(machine: Machine, runId: string): Promise<string> {
  const outputs = join(machine.home, 'data', 'outputs', 'local_exec');
  // A tg that starts meanwhile creates a file here, to check whether it can write.
  const plans = (await readdir(outputs, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  for (const { name } of plans) {
    const runs = await readdir(join(outputs, name));
    if (runs.includes(runId)) return join(outputs, name, runId);
  }
  throw new Error(`no outputs of run ${runId}`);
}

/** The text of a file of one instance of `run single`. */
export async function instanceFile(
  machine: Machine,
  runId: string,
  index: number,
  name: string,
): Promise<string> {
  return await readFile(join(await outputsOf(machine, runId), 'single', String(index), name), 'utf8');
}

/** The folders of all runs on a machine. */
export async function runsOn({ home }: Machine): Promise<string[]> {
  const names = await readdir(join(home, 'data', 'outputs'), { recursive: true }).catch(() => []);
  const dirs = names.filter((name) => basename(name) === 'journal.ndjson').map((name) => dirname(name));
  return dirs.filter((dir) => basename(dir) !== 'latest');
}

export async function resultOf(machine: Machine, runId: string) {
  return JSON.parse(await readFile(join(await outputsOf(machine, runId), 'result.json'), 'utf8'));
}

/** The verdicts on the instances of a run: `outcome: reason`. */
export async function verdictsOf(machine: Machine, runId: string): Promise<string[]> {
  const { groups } = await resultOf(machine, runId);
  return groups.flatMap(({ instances }: { instances: { outcome: string; reason: string }[] }) =>
    instances.map(({ outcome, reason }) => `${outcome}: ${reason}`),
  );
}

/** The names of all entries of an archive. */
export async function entriesOf(file: string): Promise<string[]> {
  const names: string[] = [];
  await list({ file, onReadEntry: ({ path }) => void names.push(path) });
  return names.sort();
}

/** The PIDs of the processes with a run's ID in their environment: its instances and builds. Linux only. */
export async function processesOf(runId: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found: string[] = [];
  for (const pid of pids) {
    const environ = await readFile(join('/proc', pid, 'environ'), 'latin1').catch(() => '');
    if ([`TEST_RUN=${runId}`, `TG_BUILD=${runId}`].some((mark) => environ.includes(mark))) found.push(pid);
  }
  return found;
}

/** The PIDs of the helper processes of tg for a run. Linux only. */
export async function helpersOf(
  runId: string,
  names: readonly string[] = ['tg-watchdog', 'tg-launcher'],
): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const words = (await readFile(join('/proc', name, 'cmdline'), 'latin1').catch(() => '')).split(/[\0 ]/);
    const isHelper = names.some((helper) => words.includes(helper));
    if (isHelper && words.some((word) => word.endsWith(runId))) found.push(Number(name));
  }
  return found;
}

/** The PIDs of the processes that end a run's instances when its tg dies. */
export async function watchdogsOf(runId: string): Promise<number[]> {
  return await helpersOf(runId, ['tg-watchdog']);
}

/** Waits until the new output of a run contains all given texts, in any order, and returns this output. */
export async function onceSaid(
  run: ReturnType<typeof startTg>,
  ...words: readonly string[]
): Promise<string> {
  const heard = listenTo(run);
  const lacks = () => words.filter((some) => !heard.said.includes(some));
  while (lacks().length > 0) {
    if (heard.ended) throw new Error(`never said ${lacks()}: ${heard.said}`);
    await new Promise<void>((resolve) => void heard.news.push(resolve));
  }
  const { said } = heard;
  heard.said = '';
  return said;
}

/** What a tg has printed since it was last returned, and the callers that wait for more. */
interface Heard {
  said: string;
  ended: boolean;
  news: (() => void)[];
}

const allHeard = new WeakMap<object, Heard>();

/** Collects output from the start, so that output before the first call is not missed. */
function listenTo(run: { readonly stdout: Readable }): Heard {
  const known = allHeard.get(run);
  if (known !== undefined) return known;
  const heard: Heard = { said: '', ended: false, news: [] };
  allHeard.set(run, heard);
  const report = () => {
    for (const resolve of heard.news.splice(0)) resolve();
  };
  const text = new TextDecoder();
  run.stdout.on('data', (chunk: Uint8Array) => {
    heard.said += text.decode(chunk, { stream: true });
    report();
  });
  run.stdout.once('close', () => {
    heard.ended = true;
    report();
  });
  return heard;
}

/** Waits until the output of a run contains all given texts, and returns the run's ID. */
export async function idOnceSaid(
  run: ReturnType<typeof startTg>,
  ...words: readonly string[]
): Promise<string> {
  return /run is queued with ID: (\S+)/.exec(await onceSaid(run, ...words))?.[1] ?? '';
}

/** The warnings in the output of a run, besides that the machine was saturated: others use it too. */
export function warningsIn(stdout: string): string[] {
  const isOwn = (line: string) => line.includes('\tWARN\t') && !line.includes('the machine was saturated');
  return stdout.split('\n').filter(isOwn);
}
