import type UPlot from 'uplot';
import type { LabelledSeries, Metric, Series } from '../../data.ts';
import { colourOf, dashOf } from '../palette.ts';
import type { Columns, PlainAxis } from './axes.ts';

/** How a metric is drawn. */
export interface View {
  readonly shape: 'time' | 'distribution';
  /** Whether its series have lines of their own. */
  readonly isSplit: boolean;
  /** Which quantile is drawn of each series. */
  readonly quantile: Quantile;
}

export type Quantile = 'p50' | 'p95' | 'p99';
export const quantiles: readonly Quantile[] = ['p50', 'p95', 'p99'];

/** What is drawn: columns, their lines, and what they show. */
export interface Drawing {
  readonly series: readonly UPlot.Series[];
  readonly columns: Columns;
  readonly what: string;
  readonly x?: PlainAxis;
  /** For lines that are not named in the table: their names, in order. */
  readonly names: readonly Quantile[];
}

/** The maximum number of values that a plot draws one by one. */
const maxPoints = 2_000;

export function drawingOf(metric: Metric, view: View): Drawing {
  const { all, series } = metric;
  const drawn: readonly Series[] = view.isSplit ? series : [all];
  const styles = drawn.map((_, place) => styleOf(metric, view.isSplit ? place : 0));
  if (view.shape === 'distribution') return distributionOf(drawn, styles);
  if (metric.type === 'counter')
    return {
      series: styles.map(lineOf),
      columns: joined(drawn.map(({ curve }) => [curve.at, [curve.p50]])),
      what: 'running total',
      names: [],
    };
  const points = pointsOf(drawn);
  if (points !== undefined)
    return { series: styles.map(dotsOf), columns: joined(points), what: 'every value', names: [] };
  if (view.isSplit)
    return {
      series: styles.map(lineOf),
      columns: joined(drawn.map(({ curve }) => [curve.at, [curve[view.quantile]]])),
      what: curveText(metric, view.quantile),
      names: [],
    };
  const { curve } = all;
  return {
    series: quantiles.map((_, place) =>
      lineOf({ stroke: colourOf(quantileColours[place] ?? 0), dash: dashOf(place) }),
    ),
    columns: joined([[curve.at, quantiles.map((name) => curve[name])]]),
    what: curveText(metric, 'p50, p95 and p99'),
    names: quantiles,
  };
}

/** Apart from each other for people with any kind of colour blindness. */
const quantileColours = [0, 1, 5];

/** The colour and dashes of a quantile's line, as in the plot. */
export function quantileStyle(name: Quantile): Style {
  const place = quantiles.indexOf(name);
  return { stroke: colourOf(quantileColours[place] ?? 0), dash: dashOf(place) };
}

export interface Style {
  readonly stroke: string;
  readonly dash: number[];
}

/** The style of a series: that of its group, if it is the only one of that group. */
export function styleOf({ series }: Metric, place: number): Style {
  const isByGroup = new Set(series.map(({ group }) => group)).size === series.length;
  const number = isByGroup ? (series[place]?.group ?? 0) : place;
  return { stroke: colourOf(number), dash: dashOf(number) };
}

/** Whether every value can be drawn; the choice of a quantile then has no effect. */
export function hasPoints(metric: Metric, isSplit: boolean): boolean {
  return pointsOf(isSplit ? metric.series : [metric.all]) !== undefined;
}

function pointsOf(drawn: readonly Series[]) {
  const all = drawn.map(({ points }) => points);
  const count = all.reduce((sum, points) => sum + (points?.at.length ?? Number.POSITIVE_INFINITY), 0);
  if (count > maxPoints) return undefined;
  return all.map((points): Table => [points?.at ?? [], [points?.value ?? []]]);
}

function curveText({ type }: Metric, quantile: string): string {
  const what = `${quantile} of each 150th of the run`;
  if (type === 'timer' || type === 'histogram') return `${what}: the greatest that an instance reported`;
  return type === 'meter' || type === 'ewma' ? `${what}, of the rates of instances` : what;
}

/** Times with columns of values. */
type Table = readonly [at: readonly number[], columns: readonly (readonly number[])[]];

/** Puts tables side by side. Times may repeat within a table. */
function joined(tables: readonly Table[]): Columns {
  const rows = tables.flatMap(([at, columns], table) =>
    at.map((time, row) => ({ time, table, values: columns.map((column) => column[row] ?? null) })),
  );
  const inOrder = rows.sort((a, b) => a.time - b.time);
  const columns = tables.flatMap(([, its], table) =>
    its.map((_, column) => inOrder.map((row) => (row.table === table ? (row.values[column] ?? null) : null))),
  );
  return [inOrder.map(({ time }) => time), ...columns];
}

function lineOf({ stroke, dash }: Style): UPlot.Series {
  return { stroke, dash, width: 2, points: { show: false }, spanGaps: true };
}

function dotsOf({ stroke }: Style): UPlot.Series {
  return { stroke, paths: () => null, points: { show: true, size: 5, fill: stroke, stroke } };
}

/**
 * Values by the share that they exceed, on an axis on which 90, 99 and 99.9 % have the same distance, as in HDR
 * histograms: the slowest are what counts.
 */
function distributionOf(drawn: readonly Series[], styles: readonly Style[]): Drawing {
  const columns = joined(
    drawn.map(({ distribution: { share, value } }): Table => [share.map(placeOfShare), [value]]),
  );
  const most = columns[0]?.at(-1) ?? 1;
  return {
    series: styles.map(lineOf),
    columns,
    what: 'the value that a share of all values does not exceed',
    x: { range: [0, Math.max(most, 0.1)], ticks: ticks.filter(({ at }) => at <= Math.max(most, 0.1)) },
    names: [],
  };
}

export function placeOfShare(share: number): number {
  return -Math.log10(1 - share);
}

const ticks = [0, 0.5, 0.9, 0.99, 0.999, 0.9999].map((share) => ({
  at: placeOfShare(share),
  text: `${Number((share * 100).toFixed(2))} %`,
}));

/** The label of a series: its tags, and its group if there are several. */
export function labelOf({ group, tags }: LabelledSeries, groups: readonly { readonly id: string }[]): string {
  const name = groups.length > 1 ? (groups[group]?.id ?? '?') : '';
  return [name, tags].filter((text) => text !== '').join(', ') || 'no tags';
}
