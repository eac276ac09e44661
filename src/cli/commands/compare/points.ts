import type { RunRecord } from '../../../history/record.ts';
import { naturalOrder } from '../../../util/natural-order.ts';

/** The runs of all sides with the same values of the axes of a matrix. */
export interface Point {
  /** For example `{ instances: '20' }`; empty if the sides are compared as they are. */
  readonly values: Readonly<Record<string, string>>;
  /** The runs of each side. */
  readonly records: readonly (readonly RunRecord[])[];
}

/** The points that sides are compared at. */
export interface Points {
  readonly points: readonly Point[];
  /** Points that a side lacks, which are not compared: the names of the sides that have them. */
  readonly leftOut: readonly { readonly name: string; readonly sides: readonly number[] }[];
}

/**
 * Groups the runs of sides by the points of their matrix: values of 20 and of 200 instances together would say nothing
 * about either. An axis on which the sides have no value in common tells them apart, and is none of these.
 * @returns one point with all runs, if there are not at least two.
 */
export function pointsOf(sides: readonly (readonly RunRecord[])[]): Points {
  const axes = commonAxes(sides);
  const names = new Set(sides.flat().map((record) => pointName(valuesAt(record, axes))));
  const all = [...names].sort(naturalOrder).map((name) => {
    const records = sides.map((side) => side.filter((each) => pointName(valuesAt(each, axes)) === name));
    const [first] = records.flat();
    return { name, records, values: first === undefined ? {} : valuesAt(first, axes) };
  });
  const isShared = ({ records }: Point) => records.every((side) => side.length > 0);
  const points = all.filter(isShared);
  if (all.length < 2 || points.length === 0) return pooled(sides);
  const leftOut = all
    .filter((point) => !isShared(point))
    .map(({ name, records }) => ({
      name,
      sides: [...records.keys()].filter((side) => (records[side]?.length ?? 0) > 0),
    }));
  return { points, leftOut };
}

/** Compares the sides as they are. */
export function pooled(sides: readonly (readonly RunRecord[])[]): Points {
  return { points: [{ values: {}, records: sides }], leftOut: [] };
}

/** `instances=20, size=1`; empty for no values. */
export function pointName(values: Point['values']): string {
  return Object.entries(values)
    .map(([axis, value]) => `${axis}=${value}`)
    .join(', ');
}

/** The axes of all runs that have a value in common on all sides. */
function commonAxes(sides: readonly (readonly RunRecord[])[]): readonly string[] {
  const runs = sides.flat();
  const axes = Object.keys(runs[0]?.point ?? {}).filter((axis) =>
    runs.every(({ point }) => point[axis] !== undefined),
  );
  return axes.filter((axis) => {
    const [first, ...others] = sides.map((side) => new Set(side.map(({ point }) => point[axis])));
    return [...(first ?? [])].some((value) => others.every((values) => values.has(value)));
  });
}

function valuesAt({ point }: RunRecord, axes: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(axes.map((axis) => [axis, point[axis] ?? '']));
}
