import type { RunSpec } from '../../plan/run-spec.ts';
import { newRunId } from '../run-id.ts';
import { newSeed } from '../seed.ts';

/** A run of a series before it begins. */
export interface PlannedRun {
  readonly spec: RunSpec;
  /** The round, from 1, and the place of the run in it. */
  readonly round: number;
  readonly index: number;
  readonly isLast: boolean;
}

/** Yields the runs of a series in order; those of later rounds have IDs, and perhaps seeds, of their own. */
export function* plannedRuns(
  specs: readonly RunSpec[],
  { rounds, freshSeeds }: { readonly rounds: number; readonly freshSeeds: boolean },
): Generator<PlannedRun, undefined> {
  for (let round = 1; round <= rounds; round++) {
    const seed = round > 1 && freshSeeds ? newSeed() : undefined;
    for (const [index, spec] of specs.entries()) {
      const series = spec.series && { ...spec.series, round };
      const again = { ...spec, runId: newRunId(), seed: seed ?? spec.seed, series };
      const isLast = round >= rounds && index === specs.length - 1;
      yield { spec: round === 1 ? spec : again, round, index, isLast };
    }
  }
}
