import type { RunSpec } from '../../plan/run-spec.ts';
import { causeTitle } from '../../run/causes/cause-text.ts';
import { causesIn } from '../../run/causes/rank-causes.ts';
import type { SeriesRun } from '../../run/series.ts';
import type { Outcome } from '../../run/verdict/outcomes.ts';
import { lackedSomething, type RunResult } from '../../run/verdict/result.ts';

/** The summary of a finished run, kept small because a series may have many thousands of runs. */
export interface RunRow extends Pick<RunSpec, 'name' | 'testCase' | 'totalInstances' | 'seed'> {
  readonly plan: string;
  /** Undefined for a run that did not start. */
  readonly runId: string | undefined;
  readonly round: number;
  readonly outcome: Outcome;
  /** Why the run did not start; empty for a run that ended. */
  readonly error: string;
  /** The first reason why the run did not succeed, if any. */
  readonly reason: string;
  /** Whether the outcome is a judgement of the plan: the run was ended neither by an interrupt nor by the machine. */
  readonly isJudged: boolean;
}

export function rowOf({ spec, round, begun, outcome, error, result }: SeriesRun): RunRow {
  const { name, plan, testCase, totalInstances, seed, runId } = spec;
  return {
    ...{ name, plan: plan.name, testCase, totalInstances, seed, round, outcome, error },
    runId: begun ? runId : undefined,
    reason: error || reasonIn(result),
    isJudged:
      outcome !== 'canceled' && outcome !== 'error' && (result === undefined || !lackedSomething(result)),
  };
}

function reasonIn(result: RunResult | undefined): string {
  const [first] = result === undefined ? [] : causesIn(result).causes;
  return first === undefined ? '' : causeTitle(first);
}
