import { statNames } from '../plan/threshold.ts';
import type { MetricType, Sample } from './sample.ts';
import {
  type Distribution,
  joinSpreads,
  type Spread,
  type Stats,
  spreadOf,
  statsOf,
  statsOfSpread,
} from './stats.ts';

/** Takes the samples of one metric, in the order of time for each instance, and says what they amount to. */
export interface Digest {
  add(sample: Sample): void;
  /** Undefined where nothing was measured. */
  stats(): Stats | undefined;
}

/** A digest for metrics of a type. @param measure what counts of it, where its type does not say. */
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

/** Points, gauges, averages: every value that was said. */
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
}

/** Counters say what they have counted since they were last written: the totals of instances, and the total of all. */
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
}

/** Meters say how many events there were since they began, and how many a second: what each instance said last. */
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
}

/**
 * Histograms and timers sum up what they have measured since they began: what each instance said last. Where that is not so
 * (the Go SDK's ResettingHistogram starts again each time it is written) an instance's count becomes less, or stays while
 * its values change: then all that it said counts. What was least and most is that of all in any case.
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
