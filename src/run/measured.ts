import { statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { writeParquet } from '../metrics/parquet.ts';
import { samplesOf } from '../metrics/samples.ts';
import { type JudgedThreshold, ThresholdJudge } from '../metrics/threshold.ts';
import { instanceDirOf, instanceFiles, runFiles } from '../outputs/layout.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import type { Outcome } from './result.ts';

/**
 * Puts what the instances of a run have measured into its index, where they have measured anything.
 * @returns why it could not be, if it could not; the metrics are in the instances' outputs then.
 */
export async function indexMetrics(spec: RunSpec, runDir: string): Promise<string | undefined> {
  if (!isMeasured(spec, runDir)) return undefined;
  const samples = samplesOf({ dir: runDir, plan: spec.plan.name, case: spec.testCase });
  return await writeParquet(join(runDir, runFiles.metrics), samples).then(() => undefined, messageOf);
}

function isMeasured({ groups }: RunSpec, runDir: string): boolean {
  const { results, diagnostics, metrics } = instanceFiles;
  return groups.some(({ id, instances }) =>
    Array.from({ length: instances }, (_, index) => instanceDirOf(runDir, id, index)).some((dir) =>
      [results, diagnostics, metrics].some((name) => sizeOf(join(dir, name)) > 0),
    ),
  );
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Holds what a run has measured against its thresholds. */
export async function judgeThresholds(spec: RunSpec, runDir: string): Promise<readonly JudgedThreshold[]> {
  if (spec.thresholds.length === 0) return [];
  const judge = new ThresholdJudge(spec.thresholds);
  const samples = samplesOf({ dir: runDir, plan: spec.plan.name, case: spec.testCase });
  for await (const some of samples) for (const sample of some) judge.add(sample);
  return judge.judge();
}

/** A threshold that is not kept makes a failure of a run; one of which nothing is known is no success. */
export function withThresholds(outcome: Outcome, thresholds: readonly JudgedThreshold[]): Outcome {
  if (outcome === 'canceled') return outcome;
  if (thresholds.some((threshold) => threshold.outcome === 'failed')) return 'failure';
  const isUnknown = thresholds.some((threshold) => threshold.outcome === 'unknown');
  return isUnknown && outcome === 'success' ? 'unknown' : outcome;
}
