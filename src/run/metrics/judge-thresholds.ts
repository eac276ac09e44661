import type { JudgedThreshold } from '../../metrics/threshold.ts';
import { messageOf } from '../../util/errors.ts';
import { type Outcome, worstOutcome } from '../verdict/outcomes.ts';
import { type Measurement, samplesOfRun } from './samples-of-run.ts';

/** Judges the thresholds of a run. If some metrics could not be read, thresholds that would be met are unknown. */
export async function judgeThresholds(measurement: Measurement): Promise<readonly JudgedThreshold[]> {
  const { spec } = measurement;
  if (spec.thresholds.length === 0) return [];
  const { ThresholdJudge } = await import('../../metrics/threshold.ts');
  const judge = new ThresholdJudge(spec.thresholds);
  const unread: string[] = [];
  const onUnread = (problem: string) => void unread.push(problem);
  try {
    const samples = samplesOfRun(measurement, onUnread);
    for await (const some of samples) for (const sample of some) judge.add(sample);
  } catch (error) {
    unread.push(messageOf(error));
  }
  return judge.judge(unread[0]);
}

const thresholdOutcomes = { met: 'success', unknown: 'unknown', failed: 'failure' } as const;

/**
 * Combines a run's outcome with its thresholds: a failed threshold makes the run fail, an unknown one makes it
 * unknown.
 */
export function withThresholds(outcome: Outcome, thresholds: readonly JudgedThreshold[]): Outcome {
  // A canceled run has not measured everything.
  if (outcome === 'canceled') return outcome;
  return worstOutcome([outcome, ...thresholds.map((threshold) => thresholdOutcomes[threshold.outcome])]);
}
