import { mean, modeFast as mode } from 'simple-statistics';
import {
  type ComparedMetric,
  type Difference,
  type Measured,
  type Side,
  significant,
  valuesOf,
} from '../metrics/comparison.ts';
import type { ComparedSide, ComparisonReport } from './data.ts';

/** The maximum number of values drawn for a side: minimum, maximum, and a sample between. */
const maxValues = 300;

/** Builds the comparison page of runs from their metadata and the compared values. */
export function comparisonReport(
  about: Omit<ComparisonReport, 'kind' | 'metrics'>,
  metrics: readonly ComparedMetric[],
  sides: readonly Side[],
): ComparisonReport {
  const rows = metrics.map(({ metric, sides: [first = null, ...others] }) => {
    const of = basisOf(others) ?? first?.of ?? 'run';
    // The first side is compared with each of the others, and drawn as they are.
    const differences = [first === null ? null : { ...first, of }, ...others];
    const drawn = differences.map((each, place) => withValues(each, sides[place]?.get(metric)));
    return { metric, of, sides: drawn };
  });
  return { kind: 'comparison', ...about, metrics: rows };
}

/** The unit by which most sides were compared. */
function basisOf(others: readonly (Difference | null)[]): Difference['of'] | undefined {
  const all = others.flatMap((other) => other?.of ?? []);
  return all.length === 0 ? undefined : mode([...all]);
}

function withValues(difference: Difference | null, measured: Measured | undefined): ComparedSide | null {
  if (difference === null) return null;
  const { value, change, p, of } = difference;
  const values = valuesOf(measured, of);
  return {
    ...{ value, change, p, isSignificant: p !== null && p < significant },
    centre: values.length === 0 ? value : mean([...values]),
    values: thinned(values),
  };
}

function thinned(values: readonly number[]): readonly number[] {
  if (values.length <= maxValues) return values;
  const sorted = values.toSorted((a, b) => a - b);
  return Array.from(
    { length: maxValues },
    (_, place) => sorted[Math.round((place * (sorted.length - 1)) / (maxValues - 1))] ?? 0,
  );
}
