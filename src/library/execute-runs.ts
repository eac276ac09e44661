import type { Home } from '../os/home.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { newRunId } from '../run/run-id.ts';
import {
  type RunSeriesOptions,
  runSeries,
  type SeriesEnd,
  type SeriesOptions,
  type SeriesRun,
} from '../run/series/run-series.ts';
import type { SeriesLog } from '../run/series/series-log.ts';
import type { SeriesMetric } from '../run/series/series-record.ts';
import { runnerCatalog, runnerOf } from '../runners/registry.ts';
import { checkAccepted, checkArtifacts, withKnownBuildConfig } from './checks.ts';

/**
 * Checks everything about runs that can be known before the first one, and leaves unknown build configuration out.
 * @param unknownFlags how unknown keys in flags are handled.
 * @throws TgError with all problems.
 */
export async function checkRuns(
  asked: readonly RunSpec[],
  home: Home,
  unknownFlags: 'refuse' | 'tell',
): Promise<RunSpec[]> {
  const specs = await withKnownBuildConfig(asked, unknownFlags);
  checkAccepted(specs, runnerCatalog);
  await checkArtifacts(specs, home);
  return specs;
}

/** Gives the runs that one command starts the ID of a series, if there are several and they have none yet. */
export function inSeries(specs: readonly RunSpec[], rounds: number): RunSpec[] {
  const series = { id: `s${newRunId()}`, round: 1 };
  return specs.length * rounds > 1
    ? specs.map((spec) => ({ ...spec, series: spec.series ?? series }))
    : [...specs];
}

interface ExecuteOptions extends Omit<RunSeriesOptions, 'runnerOf' | 'callerEnv' | 'onRun'> {
  readonly warn: (text: string) => void;
  /** Called as that of RunSeriesOptions, with the metrics of a run of a series. */
  readonly onRun: (run: SeriesRun, metrics: readonly SeriesMetric[]) => Promise<void>;
}

/** Executes runs one after the other, for the command line and the library alike, and records a series of them. */
export async function executeRuns(
  specs: readonly RunSpec[],
  series: SeriesOptions,
  { warn, ...options }: ExecuteOptions,
): Promise<SeriesEnd> {
  using log = await openLog(specs, series, options.home, warn);
  const end = await runSeries(specs, series, {
    ...options,
    runnerOf,
    callerEnv: process.env,
    onRun: async (run) => {
      await options.onRun(run, (await log?.add(run, options.cancel)) ?? []);
    },
  });
  log?.end(end.isCutShort);
  return end;
}

/** The record of a series; undefined for a single run. Loaded on demand: it reads metrics. */
async function openLog(
  [first, ...others]: readonly RunSpec[],
  { rounds }: SeriesOptions,
  home: Home,
  warn: (text: string) => void,
): Promise<SeriesLog | undefined> {
  if (first?.series === undefined) return undefined;
  const { SeriesLog } = await import('../run/series/series-log.ts');
  const isLimited = Number.isFinite(rounds);
  return new SeriesLog(home, [first, ...others], { rounds: isLimited ? rounds : undefined, warn });
}
