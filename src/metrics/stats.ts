import { max, mean, min, quantileSorted } from 'simple-statistics';
import type { StatName } from '../plan/threshold.ts';

const quantiles = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;
export type QuantileName = keyof typeof quantiles;
export const quantileNames = Object.keys(quantiles) as QuantileName[];

/** The statistics of a metric. */
export interface Stats extends Readonly<Record<StatName, number>> {
  /**
   * For a metric that instances have aggregated themselves, the overall quantiles are not known exactly: the quantiles
   * are upper bounds, and these are the lower bounds. Null if the quantiles are exact.
   */
  readonly least: Readonly<Record<QuantileName, number>> | null;
}

/** @param values at least one. @param count the count, if it is not the number of values. */
export function statsOf(values: readonly number[], count = values.length): Stats {
  const sorted = Float64Array.from(values).sort();
  // The library asks for an array, but only does what a Float64Array supports.
  const list = sorted as unknown as number[];
  return {
    count,
    mean: mean(list),
    min: min(list),
    p50: quantileSorted(list, quantiles.p50),
    p95: quantileSorted(list, quantiles.p95),
    p99: quantileSorted(list, quantiles.p99),
    max: max(list),
    least: null,
  };
}

/** @param shares from 0 to 1. @returns nothing without values. */
export function quantilesOf(values: readonly number[], shares: readonly number[]): readonly number[] {
  if (values.length === 0) return [];
  const sorted = Float64Array.from(values).sort() as unknown as number[];
  return shares.map((share) => quantileSorted(sorted, share));
}

/** The distribution that an instance has aggregated. */
export type Distribution = Readonly<Record<StatName, number>>;

type Quantiles = Readonly<Record<QuantileName, number>>;

/**
 * Several distributions combined. Counts and means are exact. An overall quantile lies between the least and the
 * greatest of theirs, except where SDKs interpolate between two values.
 */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly least: Quantiles;
  readonly most: Quantiles;
}

export function spreadOf({
  count,
  mean: average,
  min: least,
  max: most,
  p50,
  p95,
  p99,
}: Distribution): Spread {
  const own = { p50, p95, p99 };
  // An empty distribution has no minimum or maximum.
  const [nothing, none] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  if (count > 0) return { count, mean: average, min: least, max: most, least: own, most: own };
  const of = (value: number) => ({ p50: value, p95: value, p99: value });
  return { count, mean: 0, min: nothing, max: none, least: of(nothing), most: of(none) };
}

export function joinSpreads(one: Spread, other: Spread): Spread {
  const count = one.count + other.count;
  const quantilesBy = (choose: (a: number, b: number) => number, which: 'least' | 'most'): Quantiles => ({
    p50: choose(one[which].p50, other[which].p50),
    p95: choose(one[which].p95, other[which].p95),
    p99: choose(one[which].p99, other[which].p99),
  });
  return {
    count,
    mean: count === 0 ? 0 : (one.count * one.mean + other.count * other.mean) / count,
    min: Math.min(one.min, other.min),
    max: Math.max(one.max, other.max),
    least: quantilesBy(Math.min, 'least'),
    most: quantilesBy(Math.max, 'most'),
  };
}

/** @param spread of at least one value. */
export function statsOfSpread({ least, most, ...spread }: Spread): Stats {
  const isExact = quantileNames.every((name) => least[name] === most[name]);
  return { ...spread, ...most, least: isExact ? null : least };
}
