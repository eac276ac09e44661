import { mean, modeFast as mode } from 'simple-statistics';
import {
  type ComparedMetric,
  type Difference,
  type Effect,
  significant,
} from '../metrics/comparison/compare-sides.ts';
import { effectStats } from '../metrics/comparison/estimates.ts';
import { type Basis, type Measured, type Side, valuesOf } from '../metrics/comparison/measured.ts';
import type { ComparedEffect, ComparedRow, ComparedSide, ComparisonReport } from './comparison-data.ts';

/** The maximum number of values drawn for a side: minimum, maximum, and a sample between. */
const maxValues = 300;

/** Builds the comparison page of runs from their metadata and the compared values. */
export function comparisonReport(
  about: Omit<ComparisonReport, 'kind' | 'metrics'>,
  points: readonly PointToDraw[],
): ComparisonReport {
  const base = about.sides.findIndex(({ isBaseline }) => isBaseline);
  return { kind: 'comparison', ...about, metrics: points.flatMap((point) => rowsOf(point, base)) };
}

/** The compared metrics at a point of the matrix, and their values. */
interface PointToDraw {
  readonly name: string;
  readonly metrics: readonly ComparedMetric[];
  readonly measured: readonly Side[];
}

/** @param base the index of the baseline. */
function rowsOf({ name, metrics, measured }: PointToDraw, base: number): readonly ComparedRow[] {
  return metrics.map(({ metric, sides: all }) => {
    const of = basisOf(all.filter((_, place) => place !== base)) ?? all[base]?.of ?? 'run';
    const drawn = all.map((each, place) =>
      // The baseline is compared with each of the others, and drawn as they are.
      withValues(each, measured[place]?.get(metric), place === base ? of : each?.of),
    );
    return { point: name, metric, of, sides: drawn };
  });
}

/** The unit by which most sides were compared. */
function basisOf(others: readonly (Difference | null)[]): Basis | undefined {
  const all = others.flatMap((other) => other?.of ?? []);
  return all.length === 0 ? undefined : mode([...all]);
}

function withValues(
  difference: Difference | null,
  measured: Measured | undefined,
  of: Basis = 'run',
): ComparedSide | null {
  if (difference === null || measured === undefined) return null;
  const { value, p, effects } = difference;
  const values = valuesOf(measured, of);
  return {
    p,
    isSignificant: p !== null && p < significant,
    effects: effectStats.map((stat) => effectFor(effects[stat])),
    centre: values.length === 0 ? value : mean([...values]),
    values: thinned(values),
  };
}

function effectFor(effect: Effect | null): ComparedEffect | null {
  if (effect === null) return null;
  const { value, interval, change, changeInterval } = effect;
  const isBeyondNoise = changeInterval !== null && (changeInterval[0] > 0 || changeInterval[1] < 0);
  return { value, interval, change, changeInterval, isBeyondNoise };
}

function thinned(values: readonly number[]): readonly number[] {
  if (values.length <= maxValues) return values;
  const sorted = values.toSorted((a, b) => a - b);
  return Array.from(
    { length: maxValues },
    (_, place) => sorted[Math.round((place * (sorted.length - 1)) / (maxValues - 1))] ?? 0,
  );
}
