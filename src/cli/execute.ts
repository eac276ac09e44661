import { instancesOf } from '../history/instances.ts';
import { checkRuns, executeRuns, inSeries } from '../library/execute-runs.ts';
import type { Home } from '../os/home.ts';
import { instanceTag } from '../plan/instance-id.ts';
import { runnerInfo } from '../plan/resolve/runner-info.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { readShownMetric, type ShownMetric } from '../plan/shown-metric.ts';
import { runnerCatalog } from '../runners/registry.ts';
import { asTyped, commandName } from '../util/command-name.ts';
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
import { type Output, openOutput } from './output/open-output.ts';
import { checkReports, openJunit, writeReports } from './output/reports/reports.ts';
import { RunSummary } from './output/run-summary.ts';
import { printJson, say, sayAside } from './output/say.ts';
import { SeriesResults } from './output/series/series-results.ts';
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
  /** The metrics in the table of a series. */
  readonly shown: readonly ShownMetric[];
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
  checkJobs(flags);
  const place = archivePlaceOf(flags, specs.length > 1 || rounds > 1);
  const held = heldOf(specs, flags, rounds);
  const shown = shownMetrics(flags, specs);
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
  return await executeHere({ specs, flags, home, rounds, extraEnv, place, held, messagesToStderr, shown });
}

async function executeHere(request: Request): Promise<Executed> {
  const { specs, flags, home, rounds, extraEnv, place, held, messagesToStderr, shown } = request;
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
      ? new (await import('./output/series/side-by-side.ts')).SideBySideOutput(
          output,
          detail,
          flags.json === true,
        )
      : undefined;
  const results = await SeriesResults.of(specs, shown);
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
        results.add(run, metrics);
        await junit?.add(run);
        await summary.add(run, sideBySide?.end(run.spec));
      },
    },
  );
  results.show({ ...end, rounds, jobs, removed: summary.removed }, output);
  const reports = { resultFile: flags.resultFile, junit };
  const isWritten = await writeReports(results.rows, reports, endOfWaiting(interrupts), (text) =>
    reporter.print(format.log('ERROR', text)),
  );
  facts.problem = asExpected(problem);
  facts.isCutShort = isCutShort;
  facts.reportsFailed = !isWritten;
  const signal = interrupts.exitCode();
  reportProblem(facts.problem, signal, output);
  return { code: decideExitCode(facts, signal), artifacts: summary.artifacts };
}

/**
 * The metrics in the table of a series: those of --metric, else those of the thresholds.
 * @throws TgError (usage) if there is no series.
 */
function shownMetrics({ metric }: RunFlags, specs: readonly RunSpec[]): ShownMetric[] {
  if (metric !== undefined && specs[0]?.series === undefined)
    throw new TgError('usage', 'a table of metrics needs several runs', {
      where: '--metric',
      hint: `Add --matrix or --repeat; ${asTyped('metrics')} shows those of one run.`,
    });
  if (metric !== undefined) return metric.map((text) => readShownMetric(text, '--metric'));
  const all = specs.flatMap(({ thresholds }) => thresholds.map(({ metric, stat }) => ({ metric, stat })));
  return [...new Map(all.map((its) => [`${its.metric}:${its.stat}`, its])).values()];
}

/** @throws TgError (usage) if every line of runs at the same time is asked for: they are shown when they have ended. */
function checkJobs({ jobs = 1, verbose, json }: RunFlags): void {
  if (jobs === 1 || !verbose || json) return;
  throw new TgError('usage', 'the lines of runs at the same time are not printed', {
    where: '--jobs --verbose',
    hint: `Leave one of them out: ${asTyped('logs <run>')} prints the lines of a run, and --json those of all.`,
  });
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
