import type { Home } from '../../os/home.ts';
import { removeRun, runDirOf } from '../../outputs/layout.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import type { SeriesRun } from '../../run/series/run-series.ts';
import type { EndedRun } from '../../run/verdict/conclude.ts';
import type { RunResult } from '../../run/verdict/result.ts';
import { asTyped } from '../../util/command-name.ts';
import { TgError } from '../../util/errors.ts';
import { exitCodeOf } from '../../util/exit-codes.ts';
import type { CommandFacts } from '../exit-code.ts';
import type { ArchivePlace } from '../flags/archive-place.ts';
import { endOfWaiting, type Interrupts } from '../signals.ts';
import { collectWatched } from './collect-watch.ts';
import { Annotations } from './github/github.ts';
import { leftOutLines } from './left-out-lines.ts';
import type { LineFormat } from './lines.ts';
import type { Output } from './open-output.ts';
import { printAside } from './say.ts';
import { counts, summary } from './series/results.ts';

interface SummaryOptions {
  readonly place: ArchivePlace | undefined;
  readonly keepPassed: boolean;
  readonly json: boolean;
}

/** The outcome of a run, and what to type next if it did not pass. */
function endOnTerminal(result: RunResult, format: LineFormat): string {
  const { outcome, run_id } = result;
  if (outcome === 'success') return format.outcome(outcome, summary(result));
  const hints = [asTyped(`why ${run_id}`), asTyped(`report ${run_id} --open`)];
  return format.outcome(outcome, counts(result)) + format.hints(hints);
}

/** Processes each finished run, and keeps its summary. */
export class RunSummary {
  readonly artifacts = new Map<string, string>();
  /** The number of passed runs whose outputs were removed. */
  removed = 0;
  readonly #home: Home;
  readonly #options: SummaryOptions;
  readonly #output: Output;
  readonly #interrupts: Interrupts;
  readonly #facts: CommandFacts;
  readonly #passed = new Map<string, RunSpec>();
  readonly #annotations = new Annotations();

  /** @param facts takes what the exit code depends on. */
  constructor(
    home: Home,
    options: SummaryOptions,
    output: Output,
    interrupts: Interrupts,
    facts: CommandFacts,
  ) {
    this.#facts = facts;
    this.#home = home;
    this.#options = options;
    this.#output = output;
    this.#interrupts = interrupts;
  }

  /** Annotates failures on GitHub Actions. */
  annotate(result: RunResult): void {
    if (process.env['GITHUB_ACTIONS'] !== 'true') return;
    // With --json, stdout is for programs; GitHub reads both streams.
    if (this.#options.json) printAside(this.#annotations.of(result));
    else this.#output.sink.write(this.#annotations.of(result));
  }

  /** @param output where to print, if that is another place than for the other runs. */
  async add(run: SeriesRun, output = this.#output): Promise<void> {
    const { spec, ended } = run;
    if (ended === undefined) return;
    for (const group of spec.groups) {
      const key = ended.artifacts.get(group.id);
      if (key !== undefined) this.artifacts.set(group.of, key);
    }
    this.#facts.addRun(ended);
    await this.#show(spec, ended, output);
    if (!this.#options.keepPassed) await this.#removeEarlier(spec, run.outcome === 'success');
  }

  async #show(spec: RunSpec, { result, recordProblem }: EndedRun, output: Output): Promise<void> {
    const { reporter, format, live } = output;
    if (recordProblem !== undefined) {
      const text = `the records of this run, and possibly its outputs, are incomplete: ${recordProblem}`;
      reporter.print(format.log('ERROR', text));
    }
    if (!live) {
      reporter.print(format.heading('Result'));
      reporter.print(format.log('INFO', `finished run with ID: ${spec.runId}`));
    }
    await this.#collect(spec, output);
    reporter.print(live ? endOnTerminal(result, format) : format.log('INFO', summary(result)));
  }

  /**
   * Collects the outputs. A failure is reported and does not hide the outcome of the run. The next signal aborts
   * it.
   */
  async #collect(spec: RunSpec, output: Output): Promise<void> {
    const { place } = this.#options;
    if (place === undefined) return;
    const { reporter, format } = output;
    const { cancel, kill } = this.#interrupts;
    try {
      const signal = cancel.aborted ? kill : cancel;
      const waiting = endOfWaiting(this.#interrupts);
      const runDir = runDirOf(this.#home, spec.plan.name, spec.runId);
      const request = { runDir, to: place.of(spec), signal, waiting };
      const { file, leftOut } = await collectWatched(request, reporter);
      for (const text of leftOutLines(leftOut)) reporter.print(format.log('WARN', text));
      reporter.print(format.log('INFO', `created file: ${file ?? 'on stdout'}`));
      if (file !== undefined) reporter.emitJson({ type: 'collected', file });
    } catch (error) {
      if (!(error instanceof TgError)) throw error;
      reporter.print(format.log('ERROR', error.describe()));
      reporter.emitJson({ type: 'collect-failed', error: error.describe() });
      this.#facts.collectCodes.push(this.#interrupts.exitCode() ?? exitCodeOf(error));
    }
  }

  /** Of repeated runs, keeps the outputs of the last one that passed and of all that did not. */
  async #removeEarlier(spec: RunSpec, passed: boolean): Promise<void> {
    if (!passed) return;
    const earlier = this.#passed.get(spec.name);
    this.#passed.set(spec.name, spec);
    if (earlier === undefined) return;
    const runDir = runDirOf(this.#home, earlier.plan.name, earlier.runId);
    const problem = await removeRun(runDir);
    if (problem === undefined) {
      this.removed++;
      return;
    }
    const { reporter, format } = this.#output;
    const text = `the outputs of an earlier run that passed could not be removed: ${runDir}: ${problem}`;
    reporter.print(format.log('WARN', text));
  }
}
