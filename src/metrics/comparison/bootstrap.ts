import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { quantileSorted } from 'simple-statistics';
import { averagedQuantiles, type EffectStat, effectStats, pooledQuantiles } from './estimates.ts';
import { type Basis, clustersOf, type Measured, type Values } from './measured.ts';

/** With at least this many runs on each side, runs are compared; with fewer, their instances. */
export const enoughRuns = 4;

/** The number of resamples. */
const draws = 1_000;

/** The lower and the upper end of a 95 % confidence interval. */
export type Interval = readonly [low: number, high: number];

/** The statistics of a side, and of its resamples. */
export interface Resampled {
  readonly estimates: Readonly<Record<EffectStat, number>>;
  /** By statistic, one for each resample; undefined with too few runs or instances. */
  readonly drawn: Readonly<Record<EffectStat, Float64Array>> | undefined;
  /** The number of runs or instances that were drawn from. */
  readonly count: number;
}

/**
 * Resamples a side: draws as many of its runs, or of its instances, as it has, with replacement, and computes the
 * statistics of their values. Whole runs or instances are drawn because values of one of them depend on each other.
 * @param seed makes the draws of sides independent; equal seeds give equal draws.
 */
export function resampled(measured: Measured, of: Basis, seed: number): Resampled {
  const clusters = new Clusters(measured, of);
  const { count } = clusters;
  const times = new Float64Array(count).fill(1);
  const estimates = clusters.estimates(times);
  if (count < enoughRuns) return { estimates, drawn: undefined, count };
  const chance = xoroshiro128plus(seed);
  const drawn = {
    mean: new Float64Array(draws),
    p50: new Float64Array(draws),
    p95: new Float64Array(draws),
    p99: new Float64Array(draws),
  };
  for (let draw = 0; draw < draws; draw++) {
    times.fill(0);
    for (let each = 0; each < count; each++) {
      const chosen = Math.floor(uniformFloat64(chance) * count);
      times[chosen] = (times[chosen] ?? 0) + 1;
    }
    const its = clusters.estimates(times);
    for (const stat of effectStats) drawn[stat][draw] = its[stat];
  }
  return { estimates, drawn, count };
}

/** The runs or the instances of a side, with their sums. */
class Clusters {
  readonly count: number;
  readonly #values: Values;
  readonly #of: Basis;
  /** The cluster of each unit, and the weight of each unit in the current resample. */
  readonly #clusterOf: Int32Array;
  readonly #weights: Float64Array;
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;

  constructor(measured: Measured, of: Basis) {
    const { units, values } = measured;
    const clusters = clustersOf(measured, of);
    this.count = clusters.length;
    this.#values = values;
    this.#of = of;
    this.#clusterOf = new Int32Array(units.length);
    this.#weights = new Float64Array(units.length);
    this.#sums = new Float64Array(this.count);
    this.#counts = new Float64Array(this.count);
    for (const [cluster, its] of clusters.entries())
      for (const unit of its) {
        this.#clusterOf[unit] = cluster;
        this.#sums[cluster] = (this.#sums[cluster] ?? 0) + (units[unit]?.sum ?? 0);
        this.#counts[cluster] = (this.#counts[cluster] ?? 0) + (units[unit]?.count ?? 0);
      }
  }

  /** The statistics of a resample. @param times how often each cluster is in it. */
  estimates(times: Float64Array): Readonly<Record<EffectStat, number>> {
    const weights = this.#weights;
    for (let unit = 0; unit < weights.length; unit++) weights[unit] = times[this.#clusterOf[unit] ?? 0] ?? 0;
    const quantiles =
      this.#values.are === 'pooled'
        ? pooledQuantiles(this.#values.sorted, weights)
        : averagedQuantiles(this.#values.distributions, weights);
    return { mean: this.#mean(times), ...quantiles };
  }

  /** The mean over runs, or that of all values of the instances. */
  #mean(times: Float64Array): number {
    let [total, weight] = [0, 0];
    for (let cluster = 0; cluster < times.length; cluster++) {
      const often = times[cluster] ?? 0;
      const count = this.#of === 'run' ? 1 : (this.#counts[cluster] ?? 0);
      total += (often * count * (this.#sums[cluster] ?? 0)) / (this.#counts[cluster] ?? 1);
      weight += often * count;
    }
    return total / weight;
  }
}

/** The 95 % interval of a statistic of a side; null if it cannot be told. */
export function intervalOf({ estimates, drawn, count }: Resampled, stat: EffectStat): Interval | null {
  return drawn === undefined ? null : ends(drawn[stat], estimates[stat], count, 0);
}

/** The 95 % interval of the relative change from one side to another; null if it cannot be told. */
export function changeInterval(base: Resampled, other: Resampled, stat: EffectStat): Interval | null {
  if (base.drawn === undefined || other.drawn === undefined) return null;
  const [from, to] = [base.drawn[stat], other.drawn[stat]];
  const changes = from.map((value, draw) => relativeChange(value, to[draw] ?? Number.NaN) ?? Number.NaN);
  const change = relativeChange(base.estimates[stat], other.estimates[stat]);
  return change === null ? null : ends(changes, change, Math.min(base.count, other.count), -1);
}

/** The change as a share of the first value; null if that is 0. */
export function relativeChange(from: number, to: number): number | null {
  return from === 0 ? null : (to - from) / Math.abs(from);
}

/**
 * The ends of a percentile interval, stretched by as much as Student's t interval is wider than a normal one: resamples
 * of few values vary too little.
 * @param estimate the value whose interval it is.
 * @param count the number of runs or instances that were drawn from, at least 2.
 * @param least stretching does not lead below this, if no resample is.
 * @see Hesterberg, What Teachers Should Know About the Bootstrap, 2015, section 4.1, for the width.
 */
function ends(drawn: Float64Array, estimate: number, count: number, least: number): Interval | null {
  if (!drawn.every(Number.isFinite)) return null;
  // The library asks for an array, but only does what a Float64Array supports.
  const sorted = drawn.toSorted() as unknown as number[];
  const stretch = (Math.sqrt(count / (count - 1)) * studentT(count - 1)) / normalQuantile;
  const low = estimate - stretch * (estimate - quantileSorted(sorted, 0.025));
  const high = estimate + stretch * (quantileSorted(sorted, 0.975) - estimate);
  return [(sorted[0] ?? least) >= least ? Math.max(low, least) : low, high];
}

/** The 97.5 % quantile of the normal distribution. */
const normalQuantile = 1.959964;

/**
 * The 97.5 % quantile of Student's t distribution; for 3 degrees of freedom 1 % too small, for more less than that.
 * @see Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
 */
function studentT(freedom: number): number {
  const z = normalQuantile;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
}
