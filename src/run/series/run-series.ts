import { join } from 'node:path';
import { packagesOf } from '../../builders/store/kept-work.ts';
import { WorkLease } from '../../builders/store/leases.ts';
import type { Home } from '../../os/home.ts';
import type { Artifact } from '../../plan/artifact.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import type { Artifacts } from '../../runners/runner.ts';
import { TgError } from '../../util/errors.ts';
import { buildRuns } from '../build/build-groups.ts';
import type { Emit } from '../events/events.ts';
import { type RunPlanOptions, runPlan } from '../run.ts';
import { newRunId } from '../run-id.ts';
import { newSeed } from '../seed.ts';
import { type EndedRun, unbegunOutcome } from '../verdict/conclude.ts';
import type { Outcome } from '../verdict/outcomes.ts';
import type { RunResult } from '../verdict/result.ts';

/** How a series of runs is repeated. */
export interface SeriesOptions {
  /** How often all runs are carried out; Infinity to repeat until canceled. */
  readonly rounds: number;
  /** Whether each round has its own random seed; otherwise all have the same. */
  readonly freshSeeds: boolean;
  /** Whether the series ends at the first run that does not pass. */
  readonly stopAtFailure: boolean;
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
}

/** The options and callbacks of a series of runs. */
export interface RunSeriesOptions extends Omit<RunPlanOptions, 'build'> {
  /**
   * Called at the end of each run, in order, and for runs that did not begin. The next run waits for it. Runs are
   * not kept in memory otherwise: there may be thousands.
   */
  readonly onRun: (run: SeriesRun) => Promise<void>;
}

/**
 * Builds the artifacts of all runs before the first one, and carries the runs out one after the other, whatever
 * their outcomes. If a run could not begin (a broken build, no Redis) or was canceled, the remaining runs are
 * canceled.
 */
export async function runSeries(
  specs: readonly RunSpec[],
  { rounds, freshSeeds, stopAtFailure }: SeriesOptions,
  options: RunSeriesOptions,
): Promise<SeriesEnd> {
  using lease = new WorkLease(options.home, `run ${specs[0]?.runId}`);
  let built: Artifacts[] | undefined;
  for (let round = 1; round <= rounds; round++) {
    const seed = round > 1 && freshSeeds ? newSeed() : undefined;
    for (const [index, spec] of specs.entries()) {
      const place = spec.series && { ...spec.series, round };
      const fresh =
        round === 1 ? spec : { ...spec, runId: newRunId(), seed: seed ?? spec.seed, series: place };
      const build = async (cancel: AbortSignal) => {
        // A build that was aborted in one run is repeated in the next, which has its own timeout.
        built ??= await buildRuns(specs, { ...options, cancel, buildId: fresh.runId });
        lease.narrowTo(await usedBy(options.home, built));
        return built[index] ?? new Map<string, Artifact>();
      };
      const { run, problem } = await oneRun(fresh, round, { ...options, build });
      await options.onRun(run);
      const passed = run.outcome === 'success';
      if (problem !== undefined || options.cancel.aborted || (stopAtFailure && !passed)) {
        for (const never of canceled(specs.slice(index + 1), round)) await options.onRun(never);
        const isLast = round >= rounds && index === specs.length - 1;
        return { problem, isCutShort: options.cancel.aborted && !isLast };
      }
    }
  }
  return { problem: undefined, isCutShort: false };
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
