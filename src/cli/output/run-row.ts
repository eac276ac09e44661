import type { RunSpec } from '../../plan/run-spec.ts';
import type { SeriesRun } from '../../run/series.ts';
import type { Outcome } from '../../run/verdict/outcome.ts';
import { lackedSomething, type RunResult, shortcomings } from '../../run/verdict/result.ts';

/** What is remembered of a run that has ended: little, as a series may have many thousands of them. */
export interface RunRow extends Pick<RunSpec, 'name' | 'testCase' | 'totalInstances' | 'seed'> {
  readonly plan: string;
  /** Undefined for one that did not begin. */
  readonly runId: string | undefined;
  readonly round: number;
  readonly outcome: Outcome;
  /** What kept it from its beginning; empty for one that ended. */
  readonly error: string;
  /** The first thing that kept it from success, if anything did. */
  readonly reason: string;
  /** Whether its outcome says something of the plan: neither an interrupt nor the machine has ended it. */
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
  const [first = ''] = result === undefined ? [] : shortcomings(result);
  return first;
}
