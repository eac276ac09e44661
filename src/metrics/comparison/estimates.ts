import type { SortedValues } from './pooled-values.ts';

/** The statistics that sides are compared by. */
export const effectStats = ['mean', 'p50', 'p95', 'p99'] as const;
export type EffectStat = (typeof effectStats)[number];

/** The number of values that a quantile needs: with fewer, it is hardly more than their maximum. */
export const valuesNeeded: Readonly<Record<EffectStat, number>> = { mean: 1, p50: 2, p95: 20, p99: 100 };

export type Quantiles = Readonly<Record<Exclude<EffectStat, 'mean'>, number>>;

/**
 * The quantiles of all values together, interpolated as those of `tg metrics`.
 * @param weights how often each instance counts.
 */
export function pooledQuantiles({ values, of, counts }: SortedValues, weights: Float64Array): Quantiles {
  const weightedCount = (cell: number) => (counts[cell] ?? 0) * (weights[of[cell] ?? 0] ?? 0);
  let total = 0;
  for (let cell = 0; cell < of.length; cell++) total += weightedCount(cell);
  let [cell, through] = [0, weightedCount(0)];
  /** Shares must not decrease: the search goes on from the last one. */
  const quantile = (share: number): number => {
    const place = (total - 1) * share;
    const index = Math.floor(place);
    while (through <= index && cell < of.length - 1) through += weightedCount(++cell);
    const value = values[cell] ?? Number.NaN;
    if (through > index + 1 || place === index) return value;
    let next = cell + 1;
    while (next < of.length - 1 && weightedCount(next) === 0) next++;
    return value + ((values[next] ?? value) - value) * (place - index);
  };
  return { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) };
}

/** A distribution that an instance has summarised itself. */
export interface Summarised extends Quantiles {
  readonly of: number;
  readonly count: number;
}

/**
 * The mean of the instances' quantiles, weighted by their counts: the quantiles of all values together are not known
 * for metrics that instances summarise.
 * @param weights how often each instance counts.
 */
export function averagedQuantiles(all: readonly Summarised[], weights: Float64Array): Quantiles {
  const average = (name: keyof Quantiles): number => {
    let [sum, total] = [0, 0];
    for (const { of, count, [name]: quantile } of all) {
      const weight = count * (weights[of] ?? 0);
      sum += weight * quantile;
      total += weight;
    }
    return sum / total;
  };
  return { p50: average('p50'), p95: average('p95'), p99: average('p99') };
}
