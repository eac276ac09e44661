import { readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { extract } from 'tar';
import { expect, test } from 'vitest';
import { fault } from '../support/faults.ts';
import { folderWith } from '../support/temp.ts';
import {
  ended,
  instanceFile,
  type Machine,
  outputsOf,
  processesOf,
  single,
  someMachine,
  startTg,
  tg,
  verdictsOf,
  watchdogsOf,
} from '../support/tg.ts';
import { until } from '../support/until.ts';

/** `npm run soak` sets 300. */
const runs = Number(process.env['TG_SOAK_RUNS'] ?? 9);
const seed = Number(process.env['TG_SOAK_SEED'] ?? Date.now() % 2 ** 31);
const atOnce = 2;

const random = xoroshiro128plus(seed);
/** A whole number from 0 to less than `limit`. */
const below = (limit: number) => (random.next() >>> 0) % limit;

/** How an instance may end, and the beginning of the verdict that it must get. */
const endings = {
  pass: 'success: reported success and exited with status 0',
  fail: 'failed: intended failure',
  exit: 'failed: exited with status 3',
  kill: 'crashed: killed by SIGKILL',
  silent: 'incomplete: exited with status 0 and reported neither',
  hostile: 'incomplete: reported success, but its output is incomplete: ',
} as const;
const names = Object.keys(endings) as (keyof typeof endings)[];

/** Builds that leave processes behind, also in another session, or never end, with the exit codes of their runs. */
const builds = {
  'sleep 600 & sleep 600 >/dev/null 2>&1 & echo built': 0,
  'setsid sleep 600 & (trap "" TERM; sleep 600) & echo built': 0,
  'sleep 600 & setsid sleep 600 & sleep 600': 7,
  'sleep 600 & exit 3': 4,
} as const;
const buildLines = Object.keys(builds) as (keyof typeof builds)[];

interface Plan {
  readonly number: number;
  /** Its build command; undefined for the plan `faults`. */
  readonly build: keyof typeof builds | undefined;
  readonly endings: readonly (keyof typeof endings)[];
  readonly lines: number;
  /** When its tg is killed, in ms after its start; undefined for never. */
  readonly killAfter: number | undefined;
}

function plans(): Plan[] {
  return Array.from({ length: runs }, (_, number) => ({
    number,
    build: number % 5 === 1 ? buildLines[below(buildLines.length)] : undefined,
    // In every fourth run all instances pass.
    endings: Array.from({ length: 1 + below(6) }, () =>
      number % 4 === 0 ? 'pass' : (names[below(names.length)] ?? 'pass'),
    ),
    lines: 200 + below(4_000),
    killAfter: number % 3 === 2 ? 150 + below(1_500) : undefined,
  }));
}

/** The problems of a run; empty if there are none. */
async function problemsOf(machine: Machine, plan: Plan): Promise<string[]> {
  const run = startTg(machine, await argumentsOf(plan));
  if (plan.killAfter !== undefined) {
    await Promise.race([run, sleep(plan.killAfter)]);
    run.kill('SIGKILL');
  }
  const { code, runId, all } = ended(await run);
  const killed = code === undefined;
  if (runId === '') return killed ? [] : [`no run began: ${all}`];
  const problems = await leftovers(machine, runId);
  if (plan.build !== undefined) {
    if (!killed && code !== builds[plan.build]) problems.push(`${plan.build}: exit code ${code}`);
    problems.push(...(await halfBuilt(machine, plan)));
  } else {
    if (!killed) problems.push(...(await wrongVerdicts(machine, plan, runId, code)));
    problems.push(...(await lostLines(machine, plan, runId, killed)));
  }
  return problems.map((problem) => `run ${plan.number} (${runId}, seed ${seed}): ${problem}`);
}

async function argumentsOf({ number, build, endings: its, lines }: Plan): Promise<string[]> {
  if (build === undefined) {
    const params = ['--tp', `lines=${lines}`, '--tp', `endings=${its.join(',')}`];
    return fault('numbered', '-i', String(its.length), '-q', ...params);
  }
  const plan = await folderWith({
    'manifest.toml': `name = "build-${number}"
[defaults]
builder = "exec:generic"
[builders."exec:generic"]
build = ${JSON.stringify(build)}
run = "true"
[[testcases]]
name = "t"
instances = { min = 1, max = 1, default = 1 }
`,
  });
  return single(plan, '-q', '--timeout', '3s');
}

/** Partial artifacts that this build has left; other builds may still be running. */
async function halfBuilt({ home }: Machine, { number }: Plan): Promise<string[]> {
  const names = await readdir(join(home, 'data', 'work'));
  const left = names.filter((name) => name.includes(`build-${number}-`) && name.endsWith('.partial'));
  return left.map((name) => `${name} is left`);
}

/** Processes and files that outlive a run and its watchdog. */
async function leftovers(machine: Machine, runId: string): Promise<string[]> {
  await until(async () => (await watchdogsOf(runId)).length === 0);
  const processes = await processesOf(runId);
  const files = (await readdir(machine.temp)).filter((name) => name.includes(runId));
  const commandOf = (pid: string) => readIfThere(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ');
  return [
    ...processes.map((pid) => `process ${pid} is left: ${commandOf(pid)}`),
    ...files.map((name) => `${name} is left`),
  ];
}

async function wrongVerdicts(machine: Machine, plan: Plan, runId: string, code: number): Promise<string[]> {
  const verdicts = await verdictsOf(machine, runId);
  const wrong = plan.endings.flatMap((ending, index) =>
    verdicts[index]?.startsWith(endings[ending]) ? [] : [`${ending} was judged ${verdicts[index]}`],
  );
  const failed = plan.endings.some((ending) => ['fail', 'exit', 'kill'].includes(ending));
  const expected = failed ? 1 : plan.endings.some((ending) => ['silent', 'hostile'].includes(ending)) ? 6 : 0;
  return code === expected ? wrong : [...wrong, `exit code ${code}, not ${expected}`];
}

/** The archive has each line once, in order: all lines, or, if tg was killed, at least those printed until then. */
async function lostLines(machine: Machine, plan: Plan, runId: string, killed: boolean): Promise<string[]> {
  const dir = join(machine.cwd, runId);
  const collected = await tg(machine, ['collect', runId, '-o', `${runId}.tgz`]);
  if (collected.code !== 0) return [`collect: exit ${collected.code}: ${collected.all}`];
  await extract({ file: join(machine.cwd, `${runId}.tgz`), cwd: machine.cwd });
  const problems: string[] = [];
  for (const index of plan.endings.keys()) {
    const folder = join(dir, 'single', String(index));
    const text = readIfThere(join(folder, 'run.out'));
    // A file that an instance removed is lost with tg, which had it open.
    if (killed && (text === undefined || plan.endings[index] === 'hostile')) continue;
    const numbers = [...(text ?? '').matchAll(/^line (\d+) x*$/gm)].map(([, number]) => Number(number));
    const said = killed ? Number(readIfThere(join(folder, 'said')) || 0) : plan.lines;
    const inOrder = numbers.every((number, at) => number === at);
    if (!inOrder || numbers.length < said || numbers.length > plan.lines)
      problems.push(
        `instance ${index} said ${said} lines, and the archive has ${numbers.length}, in order: ${inOrder}`,
      );
    if (killed) continue;
    const there = await instanceFile(machine, runId, index, 'run.out');
    if (there !== text) problems.push(`instance ${index}: the archive has another run.out than the outputs`);
  }
  await rm(dir, { recursive: true, force: true });
  await rm(join(machine.cwd, `${runId}.tgz`));
  await rm(await outputsOf(machine, runId), { recursive: true });
  return problems;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

test(`${runs} runs of mixed verdicts, tg killed in a third of them: no verdict is wrong, nothing is left or lost`, async () => {
  const machine = await someMachine();
  const left = plans();
  const problems: string[] = [];
  const work = async () => {
    for (let plan = left.shift(); plan !== undefined; plan = left.shift())
      problems.push(...(await problemsOf(machine, plan)));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  expect(problems).toEqual([]);
  expect(await readdir(machine.temp)).toEqual([]);
}, 1_800_000);
