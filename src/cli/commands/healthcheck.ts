import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { unfinishedWork } from '../../builders/store/prune.ts';
import { removeWork } from '../../builders/store/remove-work.ts';
import { listRecords, type RunRecord } from '../../history/record.ts';
import { terminateRun } from '../../history/terminate.ts';
import { endLeftoversOf, leftoversOf } from '../../library/leftovers.ts';
import { type Home, homeOf, makeFolder, prepareHome } from '../../os/home.ts';
import { meaningsOfRunner } from '../../plan/resolve/choices.ts';
import { runnerNamed, standInFor } from '../../plan/resolve/runner-info.ts';
import { diskProblem } from '../../run/capture/output-guard.ts';
import { machineRunners, runnerCatalog, runnerOf } from '../../runners/registry.ts';
import type { CheckResult, HealthCheck } from '../../runners/runner.ts';
import { RunKeys } from '../../sync/remove-run-keys.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { say } from '../output/say.ts';

export interface HealthcheckOptions {
  readonly runner?: string;
  readonly fix?: boolean;
}

/** The result of fixing one requirement. */
interface Fixed {
  readonly state: 'ok' | 'failed';
  /** What was fixed and what was not. */
  readonly text: string;
}

interface Check extends HealthCheck {
  readonly fix?: () => Promise<Fixed>;
}

/**
 * `tg healthcheck`, also `tg doctor`: checks that this machine meets the requirements of runs; with `--fix`,
 * repairs what it can.
 */
export async function healthcheck({
  runner = runnerCatalog.ready[0]?.id ?? '',
  fix,
}: HealthcheckOptions): Promise<ExitCode> {
  meaningsOfRunner(runner, runnerCatalog);
  const checks = checksOf(homeOf(process.env), await checksOfRunner(runner));
  const lines: string[] = [];
  const fixes: string[] = [];
  let failed = 0;
  for (const check of checks) {
    const seen = await check.check();
    lines.push(`- ${check.name}: ${seen.state}; ${seen.text}`);
    if (seen.state === 'ok') continue;
    const fixed = fix ? await check.fix?.() : undefined;
    if (fixed !== undefined) fixes.push(`- ${check.name}: ${fixed.state}; ${fixed.text}`);
    if ((fixed ?? seen).state === 'failed') failed++;
  }
  const done = fixes.length === 0 ? 'No fixes applied.' : `Fixes:\n${fixes.join('\n')}`;
  say(`\n>>> Result:\n\nfinished checking runner ${runner}\nChecks:\n${lines.join('\n')}\n${done}\n`);
  return failed === 0 ? exitCodes.success : exitCodes.environment;
}

/** The checks of a runner, or of the one that stands in for it. */
async function checksOfRunner(name: string): Promise<readonly HealthCheck[]> {
  const runners = await machineRunners([name]);
  const id = runnerNamed(runners, name)?.id;
  if (id === undefined) return [];
  const checks = (await runnerOf(id)).checks();
  const standIn = standInFor(runners, name);
  if (standIn === undefined) return checks;
  return [{ name, check: async () => ({ state: 'missing', text: standIn.note }) }, ...checks];
}

function checksOf(home: Home, ofRunner: readonly HealthCheck[]): Check[] {
  return [
    {
      name: 'home-dir',
      check: () => isFolder(home.root),
      fix: async () => {
        await prepareHome(home);
        return { state: 'ok', text: `created ${home.root}` };
      },
    },
    {
      name: 'local-outputs-dir',
      check: () => isFolder(home.outputs),
      fix: async () => {
        await makeFolder(home.outputs);
        return { state: 'ok', text: `created ${home.outputs}` };
      },
    },
    ...ofRunner,
    { name: 'disk', check: async () => disk(home) },
    { name: 'interrupted-runs', check: () => leftBehind(home), fix: () => endLeftBehind(home) },
    { name: 'unfinished-builds', check: () => unfinished(home), fix: () => removeUnfinished(home) },
    {
      name: 'node',
      check: async () => ({
        state: 'ok',
        text: `${process.version}, for plans in TypeScript and JavaScript`,
      }),
    },
    { name: 'go', check: () => tool('go', ['version'], 'plans in Go cannot be built') },
    { name: 'cargo', check: () => tool('cargo', ['--version'], 'plans in Rust cannot be built') },
    { name: 'python3', check: () => tool('python3', ['--version'], 'plans in Python cannot be run') },
    { name: 'uv', check: () => tool('uv', ['--version'], 'plans that uv builds cannot be built') },
    {
      name: 'redis-server',
      check: () => tool('redis-server', ['--version'], '--sync redis needs the URL of a Redis'),
    },
    { name: 'git', check: () => tool('git', ['--version'], 'plan import --git does not work') },
    { name: 'orphans', check: orphans },
  ];
}

async function isFolder(dir: string): Promise<CheckResult> {
  return existsSync(dir)
    ? { state: 'ok', text: `directory exists: ${dir}` }
    : { state: 'missing', text: `directory does not exist yet: ${dir}; a run creates it` };
}

function disk({ root }: Home): CheckResult {
  const full = diskProblem(existsSync(root) ? root : dirname(root));
  return full === undefined
    ? { state: 'ok', text: 'enough free space for runs' }
    : { state: 'failed', text: full };
}

/** The runs without a result: those whose owner has exited, and those whose owner is not visible from here. */
async function unended(home: Home) {
  const interrupted: RunRecord[] = [];
  let unseen = 0;
  for await (const record of listRecords(home)) {
    if (record.state === 'interrupted') interrupted.push(record);
    else if (record.unseenOwner !== '') unseen++;
  }
  return { interrupted, unseen };
}

async function leftBehind(home: Home): Promise<CheckResult> {
  const { interrupted, unseen } = await unended(home);
  const left = await leftoversOf(interrupted);
  const elsewhere = unseen === 0 ? '' : `; left alone: ${unseen} with an owner that cannot be seen from here`;
  if (left.length === 0)
    return {
      state: 'ok',
      text: `${interrupted.length} interrupted, which have left nothing behind${elsewhere}`,
    };
  return { state: 'failed', text: `interrupted runs have left behind: ${left.join(', ')}${elsewhere}` };
}

async function endLeftBehind(home: Home): Promise<Fixed> {
  const { interrupted } = await unended(home);
  using keys = new RunKeys(process.env['TG_REDIS_URL']);
  const done = await Promise.all(
    interrupted.map((record) => terminateRun(record, { keys, endLeftovers: endLeftoversOf })),
  );
  const text = done.flatMap((one) => (one.how === 'nothing-to-do' ? [] : [one.text])).join(', ');
  return { state: done.some(({ how }) => how === 'left-alone') ? 'failed' : 'ok', text };
}

async function unfinished(home: Home): Promise<CheckResult> {
  const given = await unfinishedWork(home);
  if (given.length === 0) return { state: 'ok', text: 'none' };
  return { state: 'failed', text: `${given.length} were abandoned and take space in ${home.work}` };
}

async function removeUnfinished(home: Home): Promise<Fixed> {
  const given = await unfinishedWork(home);
  const whys = await Promise.all(given.map(({ dir }) => removeWork(home, dir)));
  const stays = given.flatMap(({ name }, index) =>
    whys[index] === undefined ? [] : [`kept ${name}: ${whys[index]}`],
  );
  const text = [`removed ${given.length - stays.length}`, ...stays].join('; ');
  return { state: stays.length === 0 ? 'ok' : 'failed', text };
}

async function tool(name: string, args: readonly string[], without: string): Promise<CheckResult> {
  const { exitCode, stdout } = await execa(name, args, { reject: false, stdin: 'ignore' });
  if (exitCode === 0) return { state: 'ok', text: stdout.split('\n')[0] ?? name };
  return { state: 'missing', text: `${name} not found: ${without}` };
}

/** Node reports the exit status of its own children only. */
async function orphans(): Promise<CheckResult> {
  if (process.pid !== 1) return { state: 'ok', text: 'tg is not process 1 here: another process reaps them' };
  return {
    state: 'missing',
    text: 'tg is process 1 here: processes that plans leave behind are ended, but stay as zombies until tg ends. Start the container with an init: docker run --init',
  };
}
