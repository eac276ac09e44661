import { yieldRegularly } from '../../util/event-loop-yield.ts';
import { naturalOrder } from '../../util/natural-order.ts';
import {
  changeInterval,
  enoughRuns,
  type Interval,
  intervalOf,
  type Resampled,
  relativeChange,
  resampled,
} from './bootstrap.ts';
import { type EffectStat, valuesNeeded } from './estimates.ts';
import { mannWhitney } from './mann-whitney.ts';
import { type Basis, countOf, type Measured, type Side, valuesOf } from './measured.ts';

/** The significance level: smaller p-values are marked. */
export const significant = 0.05;

/** A statistic of a side, and its change from the baseline. */
export interface Effect {
  readonly value: number;
  /** The 95 % confidence interval of the value; null if there are too few runs or instances. */
  readonly interval: Interval | null;
  /** The change relative to the baseline, as a share of its value; null for the baseline, and if its value is 0. */
  readonly change: number | null;
  readonly changeInterval: Interval | null;
}

/** How the values of a side compare with those of the baseline. */
export interface Difference {
  /** The mean of the side's values. */
  readonly value: number;
  /** The change relative to the baseline, as a share of its value; null if that is 0. */
  readonly change: number | null;
  /** The p-value of a Mann–Whitney U test; null for the baseline, and if there are too few values. */
  readonly p: number | null;
  /** What one value represents, and the number of values. */
  readonly of: Basis;
  readonly count: number;
  /** The number of all samples, and how quantiles are defined. */
  readonly samples: number;
  readonly quantilesAre: Measured['values']['are'];
  /** By statistic; null for a quantile that has too few samples. */
  readonly effects: Readonly<Record<EffectStat, Effect | null>>;
}

/** A metric on all sides; null for a side that has not measured it. */
export interface ComparedMetric {
  readonly metric: string;
  readonly sides: readonly (Difference | null)[];
}

/**
 * Compares every side with the baseline, metric by metric. Gives way to other work, such as a signal, between them.
 * @param baseline the index of that side.
 */
export async function compareSides(sides: readonly Side[], baseline = 0): Promise<readonly ComparedMetric[]> {
  const giveWay = yieldRegularly();
  const compared: ComparedMetric[] = [];
  for (const metric of new Set(sides.flatMap((side) => [...side.keys()]))) {
    await giveWay();
    compared.push(compareMetric(metric, sides, baseline));
  }
  return compared.sort((a, b) => naturalOrder(a.metric, b.metric));
}

function compareMetric(metric: string, sides: readonly Side[], baseline: number): ComparedMetric {
  const all = sides.map((side, place) => {
    const measured = side.get(metric);
    return measured === undefined ? undefined : new Sampled(measured, place);
  });
  return {
    metric,
    sides: all.map((each, place) =>
      each === undefined ? null : difference(each, place === baseline ? undefined : all[baseline]),
    ),
  };
}

/** What a side has measured of a metric, with its resamples, which are computed once. */
export class Sampled {
  readonly measured: Measured;
  readonly #seed: number;
  readonly #resampled = new Map<Basis, Resampled>();

  /** @param place the index of the side. */
  constructor(measured: Measured, place: number) {
    this.measured = measured;
    this.#seed = place + 1;
  }

  by(of: Basis): Resampled {
    const known = this.#resampled.get(of) ?? resampled(this.measured, of, this.#seed);
    this.#resampled.set(of, known);
    return known;
  }
}

/** @param base the baseline; undefined for the baseline itself, and if that has not measured the metric. */
function difference(side: Sampled, base?: Sampled): Difference {
  const { measured } = side;
  const of = basisOf(base === undefined ? [measured] : [measured, base.measured]);
  const inMean = effect('mean', of, side, base);
  const own = valuesOf(measured, of);
  const others = base === undefined ? [] : valuesOf(base.measured, of);
  const isComparable = own.length >= enoughRuns && others.length >= enoughRuns;
  return {
    value: inMean.value,
    change: inMean.change,
    p: isComparable ? mannWhitney(others, own) : null,
    of,
    count: own.length,
    samples: countOf(measured),
    quantilesAre: measured.values.are,
    effects: {
      mean: inMean,
      p50: quantileEffect('p50', of, side, base),
      p95: quantileEffect('p95', of, side, base),
      p99: quantileEffect('p99', of, side, base),
    },
  };
}

/** Null if there are too few values for the quantile; the change is null if that is so for the baseline. */
function quantileEffect(
  stat: EffectStat,
  of: Basis,
  side: Sampled,
  base: Sampled | undefined,
): Effect | null {
  const isEnough = ({ measured }: Sampled) => countOf(measured) >= valuesNeeded[stat];
  if (!isEnough(side)) return null;
  return effect(stat, of, side, base !== undefined && isEnough(base) ? base : undefined);
}

/** A statistic of a side, and its change from the baseline if there is one. */
export function effect(stat: EffectStat, of: Basis, side: Sampled, base: Sampled | undefined): Effect {
  const own = side.by(of);
  const value = own.estimates[stat];
  const interval = intervalOf(own, stat);
  if (base === undefined) return { value, interval, change: null, changeInterval: null };
  const others = base.by(of);
  return {
    value,
    interval,
    change: relativeChange(others.estimates[stat], value),
    changeInterval: changeInterval(others, own, stat),
  };
}

/** What sides are compared by: runs if all have enough of them, or have nothing else. */
export function basisOf(all: readonly Measured[]): Basis {
  const areEnough = all.every((measured) => valuesOf(measured, 'run').length >= enoughRuns);
  return areEnough || all.every(({ hasInstances }) => !hasInstances) ? 'run' : 'instance';
}
