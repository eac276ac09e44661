import { join } from 'node:path';
import { packagesOf } from '../../builders/store/kept-work.ts';
import { WorkLease } from '../../builders/store/leases.ts';
import type { Home } from '../../os/home.ts';
import { readMachine } from '../../os/machine.ts';
import type { Artifact } from '../../plan/artifact.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import type { Artifacts } from '../../runners/runner.ts';
import { TgError } from '../../util/errors.ts';
import { buildRuns } from '../build/build-groups.ts';
import type { Emit, RunEvent } from '../events/events.ts';
import { type RunPlanOptions, runPlan } from '../run.ts';
import { type EndedRun, unbegunOutcome } from '../verdict/conclude.ts';
import type { Outcome } from '../verdict/outcomes.ts';
import type { RunResult } from '../verdict/result.ts';
import { ActiveRuns } from './active-runs.ts';
import { carryOutTogether } from './carry-out-together.ts';
import { type PlannedRun, plannedRuns } from './planned-runs.ts';
import { runsThatFit } from './runs-that-fit.ts';

/** How a series of runs is repeated. */
export interface SeriesOptions {
  /** How often all runs are carried out; Infinity to repeat until canceled. */
  readonly rounds: number;
  /** Whether each round has its own random seed; otherwise all have the same. */
  readonly freshSeeds: boolean;
  /** Whether no run begins after the first one that does not pass. */
  readonly stopAtFailure: boolean;
  /** The maximum number of runs at the same time. */
  readonly jobs: number;
}

/** A run of a series that has ended or did not begin. */
export interface SeriesRun {
  readonly spec: RunSpec;
  /** The round, from 1. */
  readonly round: number;
  /** Whether it was begun, and so has an ID and a folder. */
  readonly begun: boolean;
  readonly outcome: Outcome;
  /** Why it did not begin, as text; empty for a run that ended. */
  readonly error: string;
  /** The content of result.json; undefined if the run was not begun. */
  readonly result: RunResult | undefined;
  /** Undefined for a run that did not begin or could not. */
  readonly ended: EndedRun | undefined;
}

/** How a series ended. */
export interface SeriesEnd {
  /** Why a run could not begin, which canceled those after it; undefined if there was no problem. */
  readonly problem: unknown;
  /** Whether it was canceled before its last run had begun. */
  readonly isCutShort: boolean;
  /** The greatest number of runs at the same time. */
  readonly sideBySide: number;
  /** Whether the machine had no room for as many as asked. */
  readonly lacksRoom: boolean;
}

/** The options and callbacks of a series of runs. */
export interface RunSeriesOptions extends Omit<RunPlanOptions, 'build' | 'emit' | 'sideBySide'> {
  /** Called with each event of a run. */
  readonly emit: (event: RunEvent, run: RunSpec) => void;
  /**
   * Called for each run in the order in which they end, one call after the other, and for runs that did not begin.
   * Runs are not kept in memory otherwise: there may be thousands.
   */
  readonly onRun: (run: SeriesRun) => Promise<void>;
}

/**
 * Builds the artifacts of all runs before the first one, and carries the runs out, whatever their outcomes: one after
 * the other, or side by side as far as the machine has room once the first one has ended. If a run could not begin (a
 * broken build, no Redis) or was canceled, no further run begins, and those left of the round are canceled.
 */
export async function runSeries(
  specs: readonly RunSpec[],
  { stopAtFailure, jobs, ...how }: SeriesOptions,
  options: RunSeriesOptions,
): Promise<SeriesEnd> {
  using lease = new WorkLease(options.home, `run ${specs[0]?.runId}`);
  let built: Artifacts[] | undefined;
  const buildFor =
    ({ spec, index }: PlannedRun) =>
    async (cancel: AbortSignal) => {
      // A build that was aborted in one run is repeated in the next, which has its own timeout.
      built ??= await buildRuns(specs, {
        ...options,
        emit: (event) => options.emit(event, spec),
        cancel,
        buildId: spec.runId,
      });
      lease.narrowTo(await usedBy(options.home, built));
      return built[index] ?? new Map<string, Artifact>();
    };
  const planned = plannedRuns(specs, how);
  const active = new ActiveRuns();
  let last: PlannedRun | undefined;
  let stop: { readonly problem: unknown } | undefined;
  let reported = Promise.resolve();
  const memoryBefore = jobs > 1 ? readMachine().memory : null;
  // The first one shows how much room a run needs.
  let fit = 1;
  let lacksRoom = false;
  const next = () => {
    if (stop !== undefined) return undefined;
    const { value } = planned.next();
    last = value ?? last;
    return value;
  };
  const carryOut = async (its: PlannedRun) => {
    const { spec, round } = its;
    const count = active.begin();
    const { run, problem } = await oneRun(spec, round, {
      ...options,
      build: buildFor(its),
      emit: (event) => options.emit(event, spec),
      sideBySide: () => count.most,
    }).finally(() => count[Symbol.dispose]());
    if (problem !== undefined || options.cancel.aborted || (stopAtFailure && run.outcome !== 'success'))
      stop ??= { problem };
    const { machine = null, duration_ms: tookMs = 0 } = run.result ?? {};
    fit = runsThatFit(jobs, { machine, tookMs, beside: count.most, memoryBefore });
    lacksRoom ||= fit < jobs && stop === undefined && last?.isLast !== true;
    reported = reported.then(() => options.onRun(run));
    await reported;
  };
  await carryOutTogether(next, carryOut, () => fit);
  if (stop !== undefined && last !== undefined)
    for (const never of canceled(specs.slice(last.index + 1), last.round)) await options.onRun(never);
  const isCutShort = options.cancel.aborted && stop !== undefined && last?.isLast !== true;
  return { problem: stop?.problem, isCutShort, sideBySide: active.most, lacksRoom };
}

/** The artifacts of runs, and the packages in the home that they use, by their names there. */
async function usedBy({ work }: Home, built: readonly Artifacts[]): Promise<string[]> {
  const keys = [...new Set(built.flatMap((artifacts) => [...artifacts.values()].map(({ key }) => key)))];
  const packages = await Promise.all(keys.map((key) => packagesOf(join(work, key))));
  return [...keys, ...packages.filter((name) => name !== undefined)];
}

async function oneRun(
  spec: RunSpec,
  round: number,
  options: RunPlanOptions,
): Promise<{ readonly run: SeriesRun; readonly problem: unknown }> {
  // A run that could not begin has a result too, although `runPlan` throws.
  let result: RunResult | undefined;
  const emit: Emit = (event) => {
    if (event.type === 'run-ended') result = event.result;
    options.emit(event);
  };
  const frame = { spec, round, begun: true };
  try {
    const ended = await runPlan(spec, { ...options, emit });
    return { run: { ...frame, outcome: ended.result.outcome, error: '', result, ended }, problem: undefined };
  } catch (problem) {
    // The recorded error is masked.
    const error = result?.error ?? (problem instanceof TgError ? problem.describe() : String(problem));
    const outcome = result?.outcome ?? unbegunOutcome(options.cancel);
    return { run: { ...frame, outcome, error, result, ended: undefined }, problem };
  }
}

function canceled(specs: readonly RunSpec[], round: number): SeriesRun[] {
  const never = {
    begun: false,
    outcome: 'canceled',
    error: 'canceled',
    result: undefined,
    ended: undefined,
  } as const;
  return specs.map((spec) => ({ spec, round, ...never }));
}
