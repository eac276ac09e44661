import { groupBy } from '../../util/group-by.ts';
import type { Summarised } from './estimates.ts';
import type { SortedValues } from './pooled-values.ts';

/** What one value represents where sides are compared. */
export type Basis = 'run' | 'instance';

/** An instance of a side, or a run for a metric that runs have and instances do not. */
export interface Unit {
  /** The index of its run on this side. */
  readonly run: number;
  readonly group: string;
  /** Its number in the group. */
  readonly index: number;
  /** The sum and the number of its values. */
  readonly sum: number;
  readonly count: number;
}

/** What a side has measured of a metric. */
export interface Measured {
  readonly units: readonly Unit[];
  /** Whether units are instances. */
  readonly hasInstances: boolean;
  readonly values: Values;
}

/** The values of the units, or the distributions that they have summarised themselves; `of` is the index of a unit. */
export type Values =
  | { readonly are: 'pooled'; readonly sorted: SortedValues }
  | { readonly are: 'averaged'; readonly distributions: readonly Summarised[] };

/** A side of a comparison: what its runs have measured, by metric. */
export type Side = ReadonlyMap<string, Measured>;

/** The mean of each run or of each instance. */
export function valuesOf({ units }: Pick<Measured, 'units'>, of: Basis): readonly number[] {
  if (of === 'instance') return units.map(({ sum, count }) => sum / count);
  return [...byRun(units).values()].map(({ sum, count }) => sum / count);
}

/** The sums and counts of each run, in the order of runs. */
function byRun(units: readonly Unit[]): ReadonlyMap<number, { sum: number; count: number }> {
  const runs = new Map<number, { sum: number; count: number }>();
  for (const { run, sum, count } of units) {
    const known = runs.get(run);
    if (known === undefined) runs.set(run, { sum, count });
    else {
      known.sum += sum;
      known.count += count;
    }
  }
  return runs;
}

/** The number of all values. */
export function countOf({ units }: Pick<Measured, 'units'>): number {
  return units.reduce((total, { count }) => total + count, 0);
}

/** The indexes of units that are drawn together: those of a run, or each by itself. */
export function clustersOf({ units }: Pick<Measured, 'units'>, of: Basis): readonly (readonly number[])[] {
  if (of === 'instance') return units.map((_, index) => [index]);
  return [...groupBy(units.keys(), (index) => units[index]?.run).values()];
}
