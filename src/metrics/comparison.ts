import { mean } from 'simple-statistics';
import { naturalOrder } from '../util/natural-order.ts';
import { mannWhitney } from './mann-whitney.ts';
import type { Sample } from './sample.ts';
import { fullName, Summary } from './summary.ts';

/** The significance level: smaller p-values are marked. */
export const significant = 0.05;

/** With at least this many runs on each side, runs are compared; with fewer, their instances. */
export const enoughRuns = 4;

/** One value per run of a side, and one per instance; undefined if there is none. */
export interface Measured {
  readonly byRun?: readonly number[];
  readonly byInstance?: readonly number[];
}

/** A side of a comparison: the measurements of its runs, by metric. */
export type Side = ReadonlyMap<string, Measured>;

/** How the values of a side compare with those of the first side. */
export interface Difference {
  /** The mean of the side's values. */
  readonly value: number;
  /** The change relative to the first side, as a share of its value; null if that is 0. */
  readonly change: number | null;
  /** The p-value of a Mann–Whitney U test; null for the first side, and if there are too few values. */
  readonly p: number | null;
  /** What one value represents, and the number of values. */
  readonly of: 'run' | 'instance';
  readonly count: number;
}

/** A metric on all sides; null for a side that has not measured it. */
export interface ComparedMetric {
  readonly metric: string;
  readonly sides: readonly (Difference | null)[];
}

/** Collects the values of a side: for each run and each instance the mean, or the total of a counter. */
export class SideBuilder {
  readonly #runs = new Summary(({ tags }) => ({ tags, group: this.#run }));
  readonly #instances = new Summary(({ tags, group, instance }) => ({
    tags,
    group: `${this.#run}/${group}/${instance}`,
  }));
  #run = '';

  /** Adds the samples of a run. @param run its ID. */
  async add(run: string, samples: AsyncIterable<readonly Sample[]>): Promise<void> {
    this.#run = run;
    for await (const some of samples)
      for (const sample of some) {
        this.#runs.add(sample);
        this.#instances.add(sample);
      }
  }

  side(): Side {
    const byRun = valuesBy(this.#runs);
    const byInstance = valuesBy(this.#instances);
    return new Map(
      [...byRun].map(([metric, values]) => [
        metric,
        { byRun: values, byInstance: byInstance.get(metric) ?? [] },
      ]),
    );
  }
}

function valuesBy(summary: Summary): Map<string, number[]> {
  const values = new Map<string, number[]>();
  for (const row of summary.rows()) {
    const name = fullName(row);
    const known = values.get(name);
    if (known === undefined) values.set(name, [row.mean]);
    else known.push(row.mean);
  }
  return values;
}

/** Compares every side with the first, metric by metric. */
export function compareSides(sides: readonly Side[]): ComparedMetric[] {
  const metrics = [...new Set(sides.flatMap((side) => [...side.keys()]))].sort(naturalOrder);
  return metrics.map((metric) => {
    const [first, ...others] = sides.map((side) => side.get(metric));
    return { metric, sides: [differenceOf(first), ...others.map((other) => differenceOf(other, first))] };
  });
}

/**
 * @param first the side to compare with; undefined for the first side itself, and if that has not measured the metric.
 */
function differenceOf(measured: Measured | undefined, first?: Measured): Difference | null {
  const value = centreOf(measured);
  if (measured === undefined || value === undefined) return null;
  const base = centreOf(first);
  const of = basisOf(first === undefined ? [measured] : [measured, first]);
  const own = valuesOf(measured, of);
  const others = valuesOf(first, of);
  const isComparable = own.length >= enoughRuns && others.length >= enoughRuns;
  return {
    value,
    change: base === undefined || base === 0 ? null : (value - base) / Math.abs(base),
    p: isComparable ? mannWhitney(others, own) : null,
    of,
    count: own.length,
  };
}

/** What two sides are compared by: runs if both have enough of them, or have nothing else. */
function basisOf(pair: readonly Measured[]): Difference['of'] {
  const areEnough = pair.every(({ byRun = [] }) => byRun.length >= enoughRuns);
  return areEnough || pair.every(({ byInstance }) => byInstance === undefined) ? 'run' : 'instance';
}

/** The values of a side that are compared. */
export function valuesOf(
  { byRun = [], byInstance = [] }: Measured = {},
  of: Difference['of'],
): readonly number[] {
  return of === 'run' ? byRun : byInstance;
}

/** The mean over runs, or over instances if there are no runs. */
function centreOf({ byRun = [], byInstance = [] }: Measured = {}): number | undefined {
  const values = byRun.length > 0 ? byRun : byInstance;
  return values.length === 0 ? undefined : mean([...values]);
}
