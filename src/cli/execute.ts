import { instancesOf } from '../history/instances.ts';
import { checkRuns, executeRuns, inSeries } from '../library/execute-runs.ts';
import type { Home } from '../os/home.ts';
import { instanceTag } from '../plan/instance-id.ts';
import { runnerInfo } from '../plan/resolve/runner-info.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { readShownMetric, type ShownMetric } from '../plan/shown-metric.ts';
import { rowOf, type SeriesRow } from '../run/series/series-row.ts';
import { runnerCatalog } from '../runners/registry.ts';
import { commandName } from '../util/command-name.ts';
import { TgError } from '../util/errors.ts';
import { type ExitCode, exitCodes } from '../util/exit-codes.ts';
import { CommandFacts, decideExitCode } from './exit-code.ts';
import { asExpected, reportFatalError } from './fatal-error.ts';
import { type ArchivePlace, archivePlaceOf, checkArchive } from './flags/archive-place.ts';
import { unknownFlags } from './flags/called-as.ts';
import { readExtraEnv } from './flags/extra-env.ts';
import type { RunFlags } from './flags/run-flags.ts';
import { describeResolved } from './output/describe-resolved.ts';
import { detailOf } from './output/detail.ts';
import type { MatrixRow } from './output/matrix-table.ts';
import { type Output, openOutput } from './output/open-output.ts';
import { checkReports, openJunit, writeReports } from './output/reports/reports.ts';
import { resultLines, roundsTable } from './output/results.ts';
import { RunSummary } from './output/run-summary.ts';
import { printJson, say, sayAside } from './output/say.ts';
import { endOfWaiting, watchSignals } from './signals.ts';
import { takesStdout } from './standard-streams.ts';

/** How a series of runs ended. */
export interface Executed {
  readonly code: ExitCode;
  /** The artifact key of each built group, by group ID. */
  readonly artifacts: ReadonlyMap<string, string>;
}

/** The runs to execute, and the options of the command. */
interface Request {
  readonly specs: readonly RunSpec[];
  readonly flags: RunFlags;
  readonly home: Home;
  readonly rounds: number;
  readonly extraEnv: Readonly<Record<string, string>>;
  /** Where archives are written; undefined for no archives. */
  readonly place: ArchivePlace | undefined;
  readonly held: readonly string[];
  /** Whether stdout is reserved for data, so that messages go to stderr. */
  readonly messagesToStderr: boolean;
}

/**
 * Executes the runs one after the other, reports their progress, and collects their outputs if requested. With
 * `--list` or `--dry-run`, only prints what would run.
 * @throws TgError for problems found before the first run, and for a run that could not start.
 */
export async function executeAndReport(
  asked: readonly RunSpec[],
  flags: RunFlags,
  home: Home,
): Promise<Executed> {
  const rounds = flags.untilFailure ? (flags.repeat ?? Number.POSITIVE_INFINITY) : (flags.repeat ?? 1);
  const specs = inSeries(await checkRuns(asked, home, unknownFlags()), rounds);
  const extraEnv = readExtraEnv(flags.env ?? [], process.env);
  const messagesToStderr = stdoutIsTaken(flags);
  const place = archivePlaceOf(flags, specs.length > 1 || rounds > 1);
  const held = heldOf(specs, flags, rounds);
  await checkReports(flags);
  if (place !== undefined) for (const spec of specs) await checkArchive(place.of(spec));
  if (flags.list || flags.dryRun) {
    (flags.json ? printJson : say)(describeResolved(specs, flags));
    return { code: exitCodes.success, artifacts: new Map() };
  }

  if (flags.detach) {
    const code = await (await import('./detach.ts')).detach(specs, flags, home);
    return { code, artifacts: new Map() };
  }
  return await executeHere({ specs, flags, home, rounds, extraEnv, place, held, messagesToStderr });
}

async function executeHere(request: Request): Promise<Executed> {
  const { specs, flags, home, rounds, extraEnv, place, held, messagesToStderr } = request;
  await using junit = await openJunit(flags);
  using interrupts = watchSignals();
  const { jobs = 1 } = flags;
  const detail = detailOf(flags, commandName());
  using output = await openOutput({
    // Runs side by side are shown when they have ended.
    detail: jobs > 1 ? { ...detail, progress: false } : detail,
    messagesToStderr,
    json: flags.json,
    grouped: true,
  });
  const { reporter, format, sink } = output;
  if (!flags.quiet) reporter.print(format.log('INFO', `using home directory: ${home.root}`));
  const keepPassed = rounds === 1 || flags.keepPassed === true;
  const facts = new CommandFacts();
  const options = { place, keepPassed, json: flags.json === true };
  const summary = new RunSummary(home, options, output, interrupts, facts);
  const sideBySide =
    jobs > 1
      ? new (await import('./output/side-by-side.ts')).SideBySideOutput(output, detail, flags.json === true)
      : undefined;
  const rows: MatrixRow[] = [];
  const shown = shownMetrics(flags, specs);
  const table = await tableOf(specs);
  const { problem, isCutShort, ...end } = await executeRuns(
    specs,
    {
      rounds,
      freshSeeds: flags.seed === undefined,
      stopAtFailure: flags.failFast === true || flags.untilFailure === true,
      jobs,
    },
    {
      ...{ home, extraEnv, held, cancel: interrupts.cancel, kill: interrupts.kill },
      emit: (event, run) => {
        if (sideBySide === undefined) reporter.onEvent(event);
        else sideBySide.onEvent(event, run);
        junit?.onEvent(event, run.runId);
        if (event.type === 'run-ended') summary.annotate(event.result);
      },
      pace: () => sink.ready(),
      ...(sideBySide === undefined && { onBuilding: reporter.onBuilding, onProgress: reporter.onProgress }),
      everyLine: flags.json === true || !flags.quiet,
      warn: (text) => reporter.print(format.log('WARN', text)),
      onRun: async (run, metrics) => {
        rows.push({ ...rowOf(run), values: table?.shownValues(shown, metrics) ?? [] });
        await junit?.add(run);
        await summary.add(run, sideBySide?.end(run.spec));
      },
    },
  );
  inOrder(rows, specs);
  if (end.lacksRoom) reporter.print(format.log('INFO', roomText(end.sideBySide, jobs)));
  const matrix = table?.matrixTable(rows, shown) ?? '';
  showEnd(rows, { rounds, removed: summary.removed, series: specs[0]?.series?.id, matrix }, output);
  const reports = { resultFile: flags.resultFile, junit };
  const isWritten = await writeReports(rows, reports, endOfWaiting(interrupts), (text) =>
    reporter.print(format.log('ERROR', text)),
  );
  facts.problem = asExpected(problem);
  facts.isCutShort = isCutShort;
  facts.reportsFailed = !isWritten;
  const signal = interrupts.exitCode();
  reportProblem(facts.problem, signal, output);
  return { code: decideExitCode(facts, signal), artifacts: summary.artifacts };
}

/** Puts the rows of runs that ended side by side in the order in which they were planned. */
function inOrder(rows: MatrixRow[], specs: readonly RunSpec[]): void {
  const places = new Map(specs.map(({ name }, place) => [name, place]));
  const placeOf = ({ name }: MatrixRow) => places.get(name) ?? 0;
  rows.sort((one, other) => one.round - other.round || placeOf(one) - placeOf(other));
}

function roomText(sideBySide: number, jobs: number): string {
  const most = sideBySide === 1 ? 'one run at a time' : `at most ${sideBySide} runs at the same time`;
  return `${most}, not ${jobs}: the machine had no room for more`;
}

/** The metrics in the table of a matrix: those of --metric, else those of the thresholds. */
function shownMetrics({ metric }: RunFlags, specs: readonly RunSpec[]): ShownMetric[] {
  if (metric !== undefined) return metric.map((text) => readShownMetric(text, '--metric'));
  const all = specs.flatMap(({ thresholds }) => thresholds.map(({ metric, stat }) => ({ metric, stat })));
  return [...new Map(all.map((its) => [`${its.metric}:${its.stat}`, its])).values()];
}

interface End {
  readonly rounds: number;
  /** The number of passed runs whose outputs were removed. */
  readonly removed: number;
  readonly series: string | undefined;
  /** The table of the matrix; empty without one. */
  readonly matrix: string;
}

/** What draws the table of a matrix; undefined without one. */
async function tableOf(specs: readonly RunSpec[]) {
  const isMatrix = specs.some(({ point }) => Object.keys(point).length > 0);
  return isMatrix ? await import('./output/matrix-table.ts') : undefined;
}

/** Prints the summary of several runs, and emits the final event for programs. */
function showEnd(
  rows: readonly MatrixRow[],
  { rounds, removed, series, matrix }: End,
  { reporter, format, live }: Output,
): void {
  if (rows.length > 1) reporter.print(format.heading('Results'));
  // On a terminal, the end of a single run has said so.
  if (!live || rows.length > 1)
    for (const text of resultLines(rows)) reporter.print(format.log('INFO', text));
  if (rounds > 1) reporter.print(roundsTable(rows, removed));
  if (matrix !== '') reporter.print(matrix);
  if (series !== undefined) reporter.print(format.log('INFO', `series ID: ${series}`));
  reporter.emitJson({ type: 'finished', series: series ?? null, runs: rows.map(finishedRunOf) });
}

/** Reports why a run could not begin. */
function reportProblem(problem: unknown, signal: ExitCode | undefined, { reporter, format }: Output): void {
  if (problem === undefined) return;
  // A run that a signal ended is an outcome, not an error.
  if (signal !== undefined && problem instanceof TgError)
    reporter.print(format.log('ERROR', problem.describe()));
  else sayAside(reportFatalError(problem));
}

/**
 * Whether an option sends data to stdout, so that messages go to stderr.
 * @throws TgError (usage) if two options claim stdout, or a detached run has no stdout.
 */
function stdoutIsTaken({ collectFile, resultFile, junit, json, detach }: RunFlags): boolean {
  const outputs = [
    { flag: '-o', file: collectFile },
    { flag: '-O', file: resultFile },
    { flag: '--junit', file: junit },
  ];
  const isTaken = takesStdout(outputs, json ? ['--json'] : []);
  if (!isTaken || !detach) return isTaken;
  throw new TgError('usage', 'a detached run has no stdout', {
    where: '--detach',
    hint: 'Name files instead of -, or leave --detach out.',
  });
}

/** @throws TgError (usage) for instances that do not exist, and for more than one run. */
function heldOf(specs: readonly RunSpec[], { hold = [] }: RunFlags, rounds: number): string[] {
  const [spec] = specs;
  if (hold.length === 0 || spec === undefined) return [];
  if (specs.length > 1 || rounds > 1) {
    throw new TgError('usage', 'an instance can be held in one run only', {
      where: '--hold',
      hint: 'Choose one with --run-ids or --select, and leave --repeat out.',
    });
  }
  if (runnerInfo(runnerCatalog, spec.runner)?.startsManually === false) {
    throw new TgError('usage', `the runner ${spec.runner} starts no instance by hand`, {
      where: '--hold',
      hint: 'Leave --hold out, or choose --runner local:exec.',
    });
  }
  return instancesOf(spec, hold).map(instanceTag);
}

function finishedRunOf({ name, runId, outcome, error }: SeriesRow) {
  return { name, run_id: runId ?? null, outcome, error };
}
