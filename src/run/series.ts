import { join } from 'node:path';
import type { Artifact } from '../builders/builder.ts';
import { packagesOf } from '../builders/store/kept-work.ts';
import { WorkLease } from '../builders/store/leases.ts';
import type { Home } from '../os/home.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { TgError } from '../util/errors.ts';
import { type Artifacts, buildRuns } from './build-groups.ts';
import type { Emit } from './events/events.ts';
import { type RunSurroundings, runPlan } from './run.ts';
import { newRunId } from './run-id.ts';
import { newSeed } from './seed.ts';
import { type EndedRun, unbegunOutcome } from './verdict/conclude.ts';
import type { Outcome } from './verdict/outcome.ts';
import type { RunResult } from './verdict/result.ts';

/** How runs follow each other. */
export interface SeriesOptions {
  /** How often all of them are carried out; Infinity for until somebody ends it. */
  readonly rounds: number;
  /** Whether each round has a seed of its own, by chance; otherwise all have the same. */
  readonly freshSeeds: boolean;
  /** Whether the first run that does not pass is the last. */
  readonly stopAtFailure: boolean;
}

/** One run of a series, as it ended or did not begin. */
export interface SeriesRun {
  readonly spec: RunSpec;
  /** Which time it was carried out, from 1. */
  readonly round: number;
  /** Whether it was begun: it has an ID and a folder then. */
  readonly begun: boolean;
  readonly outcome: Outcome;
  /** What went wrong, in words; empty for a run that ended, however. */
  readonly error: string;
  /** What result.json holds; undefined for a run that was not begun. */
  readonly result: RunResult | undefined;
  /** Undefined for a run that did not begin, or could not. */
  readonly ended: EndedRun | undefined;
}

/** How a series ended. */
export interface SeriesEnd {
  /** What kept a run from its beginning, and those after it with it; undefined where nothing did. */
  readonly problem: unknown;
  /** Whether it was cancelled before the last of its runs had begun. */
  readonly isCutShort: boolean;
}

/** What surrounds a series of runs. */
export interface SeriesSurroundings extends Omit<RunSurroundings, 'build'> {
  /**
   * Is called at the end of each run, in their order, and for those that did not begin; the next one waits for it. Nothing else
   * keeps a run: there may be thousands.
   */
  readonly onRun: (run: SeriesRun) => Promise<void>;
}

/**
 * Builds what runs need, all of it before the first, and carries them out one after the other, whatever becomes of each.
 * After a run that could not begin (a broken build, no Redis) or was cancelled the others are cancelled.
 */
export async function runSeries(
  specs: readonly RunSpec[],
  { rounds, freshSeeds, stopAtFailure }: SeriesOptions,
  around: SeriesSurroundings,
): Promise<SeriesEnd> {
  using lease = new WorkLease(around.home, `run ${specs[0]?.runId}`);
  let built: Artifacts[] | undefined;
  for (let round = 1; round <= rounds; round++) {
    const seed = round > 1 && freshSeeds ? newSeed() : undefined;
    for (const [index, spec] of specs.entries()) {
      const fresh = round === 1 ? spec : { ...spec, runId: newRunId(), seed: seed ?? spec.seed };
      const build = async (cancel: AbortSignal) => {
        // What was given up in one run is built in the next: it has a time of its own.
        built ??= await buildRuns(specs, { ...around, cancel, buildId: fresh.runId });
        lease.narrowTo(await usedBy(around.home, built));
        return built[index] ?? new Map<string, Artifact>();
      };
      const { run, problem } = await oneRun(fresh, round, { ...around, build });
      await around.onRun(run);
      const passed = run.outcome === 'success';
      if (problem !== undefined || around.cancel.aborted || (stopAtFailure && !passed)) {
        for (const never of canceled(specs.slice(index + 1), round)) await around.onRun(never);
        const isLast = round >= rounds && index === specs.length - 1;
        return { problem, isCutShort: around.cancel.aborted && !isLast };
      }
    }
  }
  return { problem: undefined, isCutShort: false };
}

/** The artifacts of runs, and the packages that those find in the home, by their names there. */
async function usedBy({ work }: Home, built: readonly Artifacts[]): Promise<string[]> {
  const keys = [...new Set(built.flatMap((artifacts) => [...artifacts.values()].map(({ key }) => key)))];
  const packages = await Promise.all(keys.map((key) => packagesOf(join(work, key))));
  return [...keys, ...packages.filter((name) => name !== undefined)];
}

async function oneRun(
  spec: RunSpec,
  round: number,
  around: RunSurroundings,
): Promise<{ readonly run: SeriesRun; readonly problem: unknown }> {
  // One that could not begin has a result too, and throws.
  let result: RunResult | undefined;
  const emit: Emit = (event) => {
    if (event.type === 'run-ended') result = event.result;
    around.emit(event);
  };
  const frame = { spec, round, begun: true };
  try {
    const ended = await runPlan(spec, { ...around, emit });
    return { run: { ...frame, outcome: ended.result.outcome, error: '', result, ended }, problem: undefined };
  } catch (problem) {
    // Masked, as it is on record.
    const error = result?.error ?? (problem instanceof TgError ? problem.describe() : String(problem));
    const outcome = result?.outcome ?? unbegunOutcome(around.cancel);
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
