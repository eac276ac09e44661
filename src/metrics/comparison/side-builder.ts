import { type Digest, digestOf } from '../digest.ts';
import type { MetricType, Sample } from '../sample.ts';
import { fullName, labelsOf, measuresOf, seriesName } from '../summary.ts';
import type { Summarised } from './estimates.ts';
import type { Measured, Side, Unit } from './measured.ts';
import { PooledValues } from './pooled-values.ts';

/** The types of metrics that report every value; the others report a state of the instance. */
const ofEveryValue: ReadonlySet<MetricType> = new Set(['point', 'gauge', 'ewma', 'pushed']);
/** The types of metrics whose distribution an instance summarises itself. */
const summarised: ReadonlySet<MetricType> = new Set(['histogram', 'timer']);

/** Collects what the runs of a side have measured, in memory that does not grow with the number of values. */
export class SideBuilder {
  readonly #metrics = new Map<string, MetricBuilder>();
  #runs = 0;

  /** Adds the samples of a run. */
  async add(samples: AsyncIterable<readonly Sample[]>): Promise<void> {
    const run = this.#runs++;
    for await (const some of samples)
      for (const sample of some)
        for (const measure of measuresOf(sample)) {
          const name = fullName(seriesName(sample, measure, labelsOf(sample)));
          this.#builderOf(name).add(run, sample, measure);
        }
  }

  side(): Side {
    const all = [...this.#metrics].map(([name, builder]) => [name, builder.measured()] as const);
    return new Map(all.filter(([, { units }]) => units.length > 0));
  }

  #builderOf(name: string): MetricBuilder {
    const known = this.#metrics.get(name);
    if (known !== undefined) return known;
    const builder = new MetricBuilder();
    this.#metrics.set(name, builder);
    return builder;
  }
}

/** A value of an instance, for a metric that is not in the files of metrics. */
export interface SingleValue {
  readonly run: number;
  /** Undefined for a value of the run as a whole. */
  readonly instance?: { readonly group: string; readonly index: number };
  readonly value: number;
}

/** Collects values that are not in the files of metrics, such as durations; undefined if there are none. */
export function measuredOf(values: readonly SingleValue[]): Measured | undefined {
  if (values.length === 0) return undefined;
  const units = new Units();
  const pooled = new PooledValues();
  for (const { run, instance, value } of values)
    pooled.add(units.add(run, instance?.group ?? '', instance?.index ?? 0, value, 1), value);
  return {
    units: units.all,
    hasInstances: values.some(({ instance }) => instance !== undefined),
    values: { are: 'pooled', sorted: pooled.sorted() },
  };
}

/** A metric of a side. */
class MetricBuilder {
  readonly #values = new PooledValues();
  readonly #units = new Units();
  /** What instances report of metrics that do not have every value. */
  readonly #digests = new Map<string, Reported>();

  add(run: number, sample: Sample, measure: string): void {
    const { type, group, instance, measures } = sample;
    if (!ofEveryValue.has(type)) {
      this.#digestOf(run, sample, measure).digest.add(sample);
      return;
    }
    const value = measures[type === 'ewma' ? 'rate' : measure];
    if (value === undefined || !Number.isFinite(value)) return;
    this.#values.add(this.#units.add(run, group, instance, value, 1), value);
  }

  measured(): Measured {
    const distributions: Summarised[] = [];
    for (const { digest, type, run, group, instance } of this.#digests.values()) {
      const stats = digest.stats();
      if (stats === undefined) continue;
      const { mean, p50, p95, p99 } = stats;
      // A counter and a meter are one value of their instance, whatever they count.
      const count = summarised.has(type) ? stats.count : 1;
      const of = this.#units.add(run, group, instance, mean * count, count);
      if (summarised.has(type)) distributions.push({ of, count, p50, p95, p99 });
      else this.#values.add(of, mean);
    }
    const sorted = this.#values.sorted();
    return {
      units: this.#units.all,
      hasInstances: true,
      values: sorted.values.length > 0 ? { are: 'pooled', sorted } : { are: 'averaged', distributions },
    };
  }

  #digestOf(run: number, { type, group, instance }: Sample, measure: string): Reported {
    const key = JSON.stringify([run, group, instance, type]);
    const known = this.#digests.get(key);
    if (known !== undefined) return known;
    const reported = { digest: digestOf(type, measure), type, run, group, instance };
    this.#digests.set(key, reported);
    return reported;
  }
}

interface Reported {
  readonly digest: Digest;
  readonly type: MetricType;
  readonly run: number;
  readonly group: string;
  readonly instance: number;
}

/** The instances of a side, by index. */
class Units {
  readonly all: (Unit & { sum: number; count: number })[] = [];
  readonly #places = new Map<string, number>();

  /** Adds values of an instance. @returns its index. */
  add(run: number, group: string, index: number, sum: number, count: number): number {
    const key = `${run}/${index}/${group}`;
    const place = this.#places.get(key) ?? this.all.length;
    const unit = this.all[place];
    if (unit === undefined) {
      this.#places.set(key, place);
      this.all.push({ run, group, index, sum, count });
    } else {
      unit.sum += sum;
      unit.count += count;
    }
    return place;
  }
}
