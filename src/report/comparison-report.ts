import type { ComparedMetric, Difference, Side } from '../metrics/comparison.ts';
import type { ComparedSide, ComparisonReport } from './data.ts';

/** More values of a side than so many are not drawn: each so many-th of them is. */
const mostValues = 1_000;

/** What a page shows of runs side by side: what is known of them already, with the values that were compared. */
export function comparisonReport(
  about: Omit<ComparisonReport, 'kind' | 'metrics'>,
  metrics: readonly ComparedMetric[],
  sides: readonly Side[],
): ComparisonReport {
  const rows = metrics.map(({ metric, sides: differences }) => ({
    metric,
    sides: differences.map((difference, place) => withValues(difference, metric, sides[place])),
  }));
  return { kind: 'comparison', ...about, metrics: rows };
}

function withValues(
  difference: Difference | null,
  metric: string,
  side: Side | undefined,
): ComparedSide | null {
  if (difference === null) return null;
  const { value, change, p, of } = difference;
  const { byRun = [], byInstance = [] } = side?.get(metric) ?? {};
  return { value, change, p, of, values: thinned(of === 'run' ? byRun : byInstance) };
}

function thinned(values: readonly number[]): readonly number[] {
  const step = Math.ceil(values.length / mostValues);
  return values.filter((_, index) => index % Math.max(1, step) === 0);
}
