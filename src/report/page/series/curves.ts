import { median } from 'simple-statistics';
import type { SeriesReport } from '../../series-data.ts';

/** A line of a plot: the runs with the same settings besides the horizontal one. */
export interface SettingCurve {
  readonly label: string;
  /** The value of each run, at the place of its column; null where another line has the run. */
  readonly dots: readonly (number | null)[];
  /** The median over the rounds, at the first column with its horizontal value; null elsewhere. */
  readonly middle: readonly (number | null)[];
}

/** A metric by a setting, or by round. */
export interface SettingCurves {
  /** The horizontal value of each column, ascending. */
  readonly at: readonly number[];
  /** The name of each horizontal value that is not a number, by its place in the order of the series. */
  readonly names: readonly string[] | undefined;
  readonly curves: readonly SettingCurve[];
}

/**
 * Arranges the values of a metric by a setting.
 * @param values one for each run; null where it was not measured.
 * @param axis the place of the setting; undefined for the rounds.
 */
export function curvesOf(
  { axes, points, runs }: Pick<SeriesReport, 'axes' | 'points' | 'runs'>,
  values: readonly (number | null)[],
  axis: number | undefined,
): SettingCurves {
  const names = axis === undefined ? undefined : namesOf(points.map((point) => point.values[axis] ?? ''));
  const horizontal = (place: number) => {
    const value = points[runs.point[place] ?? -1]?.values[axis ?? -1] ?? '';
    if (axis === undefined) return runs.round[place] ?? 0;
    return names === undefined ? Number(value) : names.indexOf(value);
  };
  const measured = values.flatMap((value, place) =>
    value === null ? [] : [{ x: horizontal(place), y: value, label: labelOf(runs.point[place] ?? -1) }],
  );
  measured.sort((one, other) => one.x - other.x);
  const labels = [...new Set(measured.map(({ label }) => label))];
  return {
    at: measured.map(({ x }) => x),
    names,
    curves: labels.map((label) => ({
      label,
      dots: measured.map((each) => (each.label === label ? each.y : null)),
      middle: middleOf(measured.map((each) => ({ x: each.x, y: each.label === label ? each.y : null }))),
    })),
  };

  function labelOf(point: number): string {
    const its = points[point];
    const others = axes.flatMap((name, place) => (place === axis ? [] : [`${name}=${its?.values[place]}`]));
    const isOnly = points.every(({ of }) => of === points[0]?.of);
    return [...(isOnly ? [] : [its?.of ?? '']), ...others].join(', ');
  }
}

/** The distinct values of a setting in their order, unless all are numbers. */
function namesOf(values: readonly string[]): string[] | undefined {
  const isNumber = (value: string) => value.trim() !== '' && Number.isFinite(Number(value));
  return values.every(isNumber) ? undefined : [...new Set(values)];
}

function middleOf(columns: readonly { readonly x: number; readonly y: number | null }[]): (number | null)[] {
  const byX = new Map<number, number[]>();
  for (const { x, y } of columns) {
    const known = byX.get(x) ?? [];
    byX.set(x, known);
    if (y !== null) known.push(y);
  }
  const drawn = new Set<number>();
  return columns.map(({ x }) => {
    const its = byX.get(x) ?? [];
    if (drawn.has(x) || its.length === 0) return null;
    drawn.add(x);
    return median(its);
  });
}
