import { TgError } from '../errors.ts';
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-codes.ts';
import { instancesOf } from '../history/instances.ts';
import type { Home } from '../home.ts';
import { checkBuilds } from '../library/checks.ts';
import { collectRun } from '../outputs/collect.ts';
import { removeRun, runDirOf } from '../outputs/layout.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { instanceTag } from '../run/events.ts';
import type { RunResult } from '../run/result.ts';
import type { EndedRun } from '../run/run.ts';
import { runSeries, type SeriesRun } from '../run/series.ts';
import { type ArchivePlace, archivePlaceOf } from './archive-place.ts';
import { readExtraEnv } from './extra-env.ts';
import { addSummary, annotations } from './output/github.ts';
import { type Output, openOutput } from './output/open.ts';
import { describeResolved } from './output/resolved.ts';
import { networkWords, resultLines, roundsTable, summary } from './output/results.ts';
import { writeResultFile } from './result-file.ts';
import type { RunFlags } from './run-flags.ts';
import { type Interrupts, watchSignals } from './signals.ts';

/** What became of runs. */
export interface CarriedOut {
  readonly code: ExitCode;
  /** The key of the artifact of each group of the composition that was built, by the group's ID. */
  readonly artifacts: ReadonlyMap<string, string>;
}

/**
 * Carries out runs to their end, one after the other, showing them, and collects their outputs if asked. With `--list` or
 * `--dry-run` it only says what it would do.
 * @throws TgError for what is wrong before they begin, and for what kept one from its beginning.
 */
export async function carryOut(specs: readonly RunSpec[], flags: RunFlags, home: Home): Promise<CarriedOut> {
  await checkBuilds(specs, home);
  const extraEnv = readExtraEnv(flags.env ?? [], process.env);
  const rounds = flags.untilFailure ? (flags.repeat ?? Number.POSITIVE_INFINITY) : (flags.repeat ?? 1);
  const place = archivePlaceOf(flags, specs.length > 1 || rounds > 1);
  const held = heldOf(specs, flags, rounds);
  if (flags.list || flags.dryRun) {
    process.stdout.write(describeResolved(specs, flags));
    return { code: exitCodes.success, artifacts: new Map() };
  }

  if (flags.detach) {
    const code = await (await import('./detach.ts')).detach(specs, flags, home);
    return { code, artifacts: new Map() };
  }

  using interrupts = watchSignals();
  using output = await openOutput({
    quiet: flags.quiet === true,
    wordsToStderr: place?.isStdout === true,
    json: flags.json,
  });
  const { reporter, format, sink } = output;
  if (!flags.quiet) reporter.print(format.log('INFO', `using home directory: ${home.root}`));
  const book = new RunBook(
    home,
    { place, keepPassed: rounds === 1 || flags.keepPassed === true },
    output,
    interrupts,
  );
  const { runs, problem } = await runSeries(
    specs,
    { rounds, stopAtFailure: flags.failFast === true || flags.untilFailure === true },
    {
      ...{ home, extraEnv, held, callerEnv: process.env, cancel: interrupts.cancel, kill: interrupts.kill },
      emit: (event) => {
        reporter.onEvent(event);
        if (event.type === 'run-ended') book.learn(event.result);
      },
      pace: () => sink.ready(),
      onRun: (run) => book.add(run),
    },
  );
  if (runs.length > 1) reporter.print(format.heading('Results'));
  for (const words of resultLines(runs)) reporter.print(format.log('INFO', words));
  if (rounds > 1) reporter.print(roundsTable(runs, book.removed));
  reporter.tell({ type: 'finished', runs: runs.map(runAsRow) });
  await writeReports(runs, book, flags);
  const { artifacts } = book;
  const signalled = interrupts.exitCode();
  if (problem !== undefined && (signalled === undefined || !(problem instanceof TgError))) throw problem;
  if (problem instanceof TgError) reporter.print(format.log('ERROR', problem.describe()));
  return { code: signalled !== undefined && problem !== undefined ? signalled : book.code, artifacts };
}

/** @throws TgError (usage) for instances that there are not, and for more than one run. */
function heldOf(specs: readonly RunSpec[], { hold = [] }: RunFlags, rounds: number): string[] {
  const [spec] = specs;
  if (hold.length === 0 || spec === undefined) return [];
  if (specs.length > 1 || rounds > 1) {
    throw new TgError('usage', 'an instance can be held in one run only', {
      where: '--hold',
      hint: 'Choose one with --run-ids or --select, and leave --repeat out.',
    });
  }
  return instancesOf(spec, hold).map(instanceTag);
}

async function writeReports(
  runs: readonly SeriesRun[],
  { results }: RunBook,
  flags: RunFlags,
): Promise<void> {
  if (flags.resultFile !== undefined) await writeResultFile(flags.resultFile, runs);
  if (flags.junit !== undefined) await (await import('./junit.ts')).writeJunit(flags.junit, results);
  const summaryFile = process.env['GITHUB_STEP_SUMMARY'];
  if (process.env['GITHUB_ACTIONS'] === 'true' && summaryFile) addSummary(summaryFile, runs);
}

function runAsRow({ spec, begun, outcome, error }: SeriesRun) {
  return { name: spec.name, run_id: begun ? spec.runId : null, outcome, error };
}

interface BookOptions {
  readonly place: ArchivePlace | undefined;
  readonly keepPassed: boolean;
}

/** What is done at the end of each run, and what is remembered of it. */
class RunBook {
  readonly artifacts = new Map<string, string>();
  /** Those of all runs that began. */
  readonly results: RunResult[] = [];
  /** How many runs passed whose outputs were removed since. */
  removed = 0;
  readonly #home: Home;
  readonly #options: BookOptions;
  readonly #output: Output;
  readonly #interrupts: Interrupts;
  readonly #passed = new Map<string, RunSpec>();
  #failed: ExitCode | undefined;
  #notCollected: ExitCode | undefined;

  constructor(home: Home, options: BookOptions, output: Output, interrupts: Interrupts) {
    this.#home = home;
    this.#options = options;
    this.#output = output;
    this.#interrupts = interrupts;
  }

  /** That of the first run that did not pass, or that of the first that was not collected. */
  get code(): ExitCode {
    return this.#failed ?? this.#notCollected ?? exitCodes.success;
  }

  learn(result: RunResult): void {
    this.results.push(result);
    if (process.env['GITHUB_ACTIONS'] === 'true') this.#output.reporter.print(annotations(result));
  }

  async add(run: SeriesRun): Promise<void> {
    const { spec, ended } = run;
    if (ended === undefined) return;
    for (const group of spec.groups) {
      const key = ended.artifacts.get(group.id);
      if (key !== undefined) this.artifacts.set(group.of, key);
    }
    const collected = await this.#show(spec, ended);
    const code = exitCodeOfRun(ended.result, this.#interrupts.exitCode());
    if (code !== exitCodes.success) this.#failed ??= code;
    else if (ended.recordProblem !== undefined) this.#failed ??= exitCodes.environment;
    if (collected !== exitCodes.success) this.#notCollected ??= collected;
    if (!this.#options.keepPassed) await this.#removeEarlier(spec, run.outcome === 'success');
  }

  async #show(spec: RunSpec, { result, recordProblem }: EndedRun): Promise<ExitCode> {
    const { reporter, format } = this.#output;
    if (recordProblem !== undefined) {
      const text = `the records of this run, and perhaps its outputs, are incomplete: ${recordProblem}`;
      reporter.print(format.log('ERROR', text));
    }
    reporter.print(format.heading('Result'));
    reporter.print(format.log('INFO', `finished run with ID: ${spec.runId}`));
    const collected = await this.#collect(spec);
    const network = networkWords(result);
    if (network !== undefined) reporter.print(format.log('WARN', network));
    reporter.print(format.log('INFO', summary(result)));
    return collected;
  }

  /** A collect that fails is told, and does not hide how the run ended. The next signal gives it up. */
  async #collect(spec: RunSpec): Promise<ExitCode> {
    const { place } = this.#options;
    if (place === undefined) return exitCodes.success;
    const { reporter, format } = this.#output;
    const { cancel, kill, exitCode } = this.#interrupts;
    try {
      const signal = cancel.aborted ? kill : cancel;
      const file = await collectRun({ home: this.#home, run: spec.runId, to: place.of(spec), signal });
      reporter.print(format.log('INFO', `created file: ${file ?? 'on stdout'}`));
      if (file !== undefined) reporter.tell({ type: 'collected', file });
      return exitCodes.success;
    } catch (error) {
      if (!(error instanceof TgError)) throw error;
      reporter.print(format.log('ERROR', error.describe()));
      return exitCode() ?? exitCodeOf(error);
    }
  }

  /** Of what is repeated, the outputs of the last that passed are kept, and of all that did not. */
  async #removeEarlier(spec: RunSpec, passed: boolean): Promise<void> {
    if (!passed) return;
    const earlier = this.#passed.get(spec.name);
    this.#passed.set(spec.name, spec);
    if (earlier === undefined) return;
    await removeRun(runDirOf(this.#home, earlier.plan.name, earlier.runId));
    this.removed++;
  }
}

function exitCodeOfRun({ outcome, stopped }: RunResult, signalCode: ExitCode | undefined): ExitCode {
  if (stopped?.ending === 'store-lost') return exitCodes.environment;
  if (stopped?.ending === 'canceled') return signalCode ?? exitCodes.interrupted;
  if (outcome === 'success') return exitCodes.success;
  if (stopped?.ending === 'timeout') return exitCodes.timedOut;
  return outcome === 'unknown' ? exitCodes.unknown : exitCodes.runFailed;
}
