import type { Home } from '../os/home.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { type RunSeriesOptions, runSeries, type SeriesEnd, type SeriesOptions } from '../run/series.ts';
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

/** Executes runs one after the other, for the command line and the library alike. */
export async function executeRuns(
  specs: readonly RunSpec[],
  series: SeriesOptions,
  options: Omit<RunSeriesOptions, 'runnerOf' | 'callerEnv'>,
): Promise<SeriesEnd> {
  return await runSeries(specs, series, { ...options, runnerOf, callerEnv: process.env });
}
