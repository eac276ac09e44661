import type { RunSpec } from '../../plan/run-spec.ts';
import { causeOfAny, causeTitle } from '../causes/cause-text.ts';
import { causesIn } from '../causes/rank-causes.ts';
import type { Outcome } from '../verdict/outcomes.ts';
import { lackedSomething, type RunResult } from '../verdict/result.ts';
import type { SeriesRun } from './run-series.ts';

/** The summary of a finished run, kept small because a series may have many thousands of runs. */
export interface SeriesRow
  extends Pick<RunSpec, 'name' | 'of' | 'point' | 'testCase' | 'totalInstances' | 'seed'> {
  readonly plan: string;
  /** Undefined for a run that did not start. */
  readonly runId: string | undefined;
  readonly round: number;
  readonly outcome: Outcome;
  /** Why the run did not start; empty for a run that ended. */
  readonly error: string;
  /** The first reason why the run did not succeed, if any. */
  readonly reason: string;
  /** Undefined for a run that did not start. */
  readonly tookMs: number | undefined;
  /** The same in a form that runs with the same cause share, whichever instance it is about. */
  readonly cause: string;
  /** Whether the outcome is a judgement of the plan: the run was ended neither by an interrupt nor by the machine. */
  readonly isJudged: boolean;
}

export function rowOf({ spec, round, begun, outcome, error, result }: SeriesRun): SeriesRow {
  const { name, of, point, plan, testCase, totalInstances, seed, runId } = spec;
  const [first] = result === undefined ? [] : causesIn(result).causes;
  return {
    ...{ name, of, point, plan: plan.name, testCase, totalInstances, seed, round, outcome, error },
    runId: begun ? runId : undefined,
    tookMs: result?.duration_ms,
    reason: error || (first === undefined ? '' : causeTitle(first)),
    cause: error.split('\n')[0] || (first === undefined ? '' : causeOfAny(first)),
    isJudged: isJudged(outcome, result),
  };
}

/**
 * Whether the outcome of a run judges the plan: the run was ended neither by a person nor because the machine lacked
 * something.
 * @param result undefined if it has none.
 */
export function isJudged(outcome: Outcome, result: Pick<RunResult, 'stopped'> | undefined): boolean {
  return outcome !== 'canceled' && outcome !== 'error' && (result === undefined || !lackedSomething(result));
}
