import { statNames } from '../plan/threshold.ts';
import type { MetricType, Sample } from './sample.ts';
import {
  type Distribution,
  joinSpreads,
  quantilesOf,
  type Spread,
  type Stats,
  spreadOf,
  statsOf,
  statsOfSpread,
} from './stats.ts';

/** Aggregates the samples of one metric; each instance's samples come in time order. */
export interface Digest {
  add(sample: Sample): void;
  /** Undefined if nothing was measured. */
  stats(): Stats | undefined;
  /** The quantiles at these shares; undefined if the values are not known. */
  quantiles(shares: readonly number[]): readonly number[] | undefined;
}

/** Creates the digest for a metric type. @param measure the measure to aggregate, if the type does not define it. */
export function digestOf(type: MetricType, measure: string): Digest {
  switch (type) {
    case 'counter':
      return new Totals();
    case 'meter':
      return new Rates();
    case 'histogram':
    case 'timer':
      return new Distributions();
    case 'ewma':
      return new Values('rate');
    default:
      return new Values(measure);
  }
}

/** Points, gauges, averages: aggregates every value. */
class Values implements Digest {
  readonly #measure: string;
  readonly #values: number[] = [];

  constructor(measure: string) {
    this.#measure = measure;
  }

  add({ measures }: Sample): void {
    const value = measures[this.#measure];
    if (value !== undefined) this.#values.push(value);
  }

  stats(): Stats | undefined {
    return this.#values.length === 0 ? undefined : statsOf(this.#values);
  }

  quantiles(shares: readonly number[]): readonly number[] {
    return quantilesOf(this.#values, shares);
  }
}

/** Counters report their count since the last write: aggregates the totals of instances, and the overall total. */
class Totals implements Digest {
  readonly #totals = new Map<string, number>();

  add(sample: Sample): void {
    const of = keyOf(sample);
    this.#totals.set(of, (this.#totals.get(of) ?? 0) + (sample.measures['count'] ?? 0));
  }

  stats(): Stats | undefined {
    if (this.#totals.size === 0) return undefined;
    const totals = [...this.#totals.values()];
    return statsOf(
      totals,
      totals.reduce((sum, each) => sum + each, 0),
    );
  }

  quantiles(shares: readonly number[]): readonly number[] {
    return quantilesOf([...this.#totals.values()], shares);
  }
}

/** Meters report their total count and rate since they started: uses the last sample of each instance. */
class Rates implements Digest {
  readonly #last = new Map<string, Sample>();

  add(sample: Sample): void {
    this.#last.set(keyOf(sample), sample);
  }

  stats(): Stats | undefined {
    if (this.#last.size === 0) return undefined;
    const last = [...this.#last.values()].map(({ measures }) => measures);
    const count = last.reduce((sum, { count: each = 0 }) => sum + each, 0);
    return statsOf(
      last.map(({ mean = 0 }) => mean),
      count,
    );
  }

  quantiles(shares: readonly number[]): readonly number[] {
    const rates = [...this.#last.values()].map(({ measures }) => measures['mean'] ?? 0);
    return quantilesOf(rates, shares);
  }
}

/**
 * Histograms and timers report cumulative distributions: uses the last sample of each instance. Some reset instead (the
 * Go SDK's ResettingHistogram, on each write): an instance's count then decreases, or stays while its values change,
 * and all its samples count. Minimum and maximum always cover all samples.
 */
class Distributions implements Digest {
  readonly #said = new Map<string, { resets: boolean; last: Distribution; all: Spread }>();

  add(sample: Sample): void {
    const part = distributionOf(sample.measures);
    if (part === undefined) return;
    const key = keyOf(sample);
    const of = this.#said.get(key);
    if (of === undefined) {
      this.#said.set(key, { resets: false, last: part, all: spreadOf(part) });
      return;
    }
    of.resets ||= part.count < of.last.count || (part.count === of.last.count && isOther(part, of.last));
    of.all = joinSpreads(of.all, spreadOf(part));
    of.last = part;
  }

  stats(): Stats | undefined {
    const parts = [...this.#said.values()].map(({ resets, last, all }) =>
      resets ? all : { ...spreadOf(last), min: all.min, max: all.max },
    );
    const [first, ...others] = parts.filter(({ count }) => count > 0);
    return first === undefined ? undefined : statsOfSpread(others.reduce(joinSpreads, first));
  }

  quantiles(): undefined {
    return undefined;
  }
}

function isOther(one: Distribution, other: Distribution): boolean {
  return statNames.some((name) => one[name] !== other[name]);
}

function distributionOf(measures: Sample['measures']): Distribution | undefined {
  const { count = 0 } = measures;
  if (count === 0) return { count, mean: 0, min: 0, p50: 0, p95: 0, p99: 0, max: 0 };
  const known = statNames.every((name) => measures[name] !== undefined);
  return known ? (measures as Distribution) : undefined;
}

function keyOf({ group, instance, tags }: Sample): string {
  return `${group}/${instance}/${tags}`;
}
