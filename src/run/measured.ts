import { join } from 'node:path';
import { pushedAs } from '../metrics/sample.ts';
import type { JudgedThreshold } from '../metrics/threshold.ts';
import { instanceDirOf, instanceFiles, runFiles } from '../outputs/layout.ts';
import { whatIsAt } from '../outputs/untrusted-file.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { messageOf } from '../util/errors.ts';
import { type Outcome, worstOutcome } from './verdict/outcome.ts';

/** What a run has measured when all its instances have ended. */
interface Measurement {
  readonly spec: RunSpec;
  readonly runDir: string;
  /** Ends the reading. */
  readonly kill: AbortSignal;
}

/**
 * Puts what the instances of a run have measured into its index, where they have measured anything.
 * @returns what of it could not be read or written, in words; the metrics are in the instances' outputs.
 */
export async function indexMetrics({ spec, runDir, kill }: Measurement): Promise<readonly string[]> {
  if (!isMeasured(spec, runDir)) return [];
  const [{ readMetrics }, { writeParquet }] = await Promise.all([
    import('../metrics/read-run.ts'),
    import('../metrics/parquet.ts'),
  ]);
  const problems: string[] = [];
  const samples = readMetrics(runDir, {
    plan: pushedAs(spec.plan.name, spec.testCase),
    onUnread: (problem) => problems.push(problem),
    signal: kill,
  });
  await writeParquet(join(runDir, runFiles.metrics), samples, problems).catch((error: unknown) =>
    problems.push(`${runFiles.metrics} could not be written: ${messageOf(error)}`),
  );
  return problems;
}

function isMeasured({ groups }: RunSpec, runDir: string): boolean {
  const { results, diagnostics, metrics } = instanceFiles;
  return groups.some(({ id, instances }) =>
    Array.from({ length: instances }, (_, index) => instanceDirOf(runDir, id, index)).some((dir) =>
      [results, diagnostics, metrics].some((name) => hasText(join(dir, name))),
    ),
  );
}

function hasText(file: string): boolean {
  try {
    const there = whatIsAt(file);
    return there !== undefined && (!there.isFile() || there.size > 0);
  } catch {
    // Why it cannot be read is told where it is.
    return true;
  }
}

/** Holds what a run has measured against its thresholds. What could not be read leaves those open that would be met. */
export async function judgeThresholds({
  spec,
  runDir,
  kill,
}: Measurement): Promise<readonly JudgedThreshold[]> {
  if (spec.thresholds.length === 0) return [];
  const [{ readMetrics }, { ThresholdJudge }] = await Promise.all([
    import('../metrics/read-run.ts'),
    import('../metrics/threshold.ts'),
  ]);
  const judge = new ThresholdJudge(spec.thresholds);
  const unread: string[] = [];
  const onUnread = (problem: string) => void unread.push(problem);
  try {
    const samples = readMetrics(runDir, {
      plan: pushedAs(spec.plan.name, spec.testCase),
      onUnread,
      signal: kill,
    });
    for await (const some of samples) for (const sample of some) judge.add(sample);
  } catch (error) {
    unread.push(messageOf(error));
  }
  return judge.judge(unread[0]);
}

const thresholdOutcomes = { met: 'success', unknown: 'unknown', failed: 'failure' } as const;

/** A threshold that failed makes a failure of a run; one that is unknown is no success. */
export function withThresholds(outcome: Outcome, thresholds: readonly JudgedThreshold[]): Outcome {
  // It has not measured all that it was to measure.
  if (outcome === 'canceled') return outcome;
  return worstOutcome([outcome, ...thresholds.map((threshold) => thresholdOutcomes[threshold.outcome])]);
}
