import { median } from 'simple-statistics';
import type { ShownMetric } from '../../../plan/shown-metric.ts';
import type { SeriesMetric } from '../../../run/series/series-record.ts';
import type { SeriesRow } from '../../../run/series/series-row.ts';
import { roundedDuration } from '../../../run/stall/stall-text.ts';
import { outcomes } from '../../../run/verdict/outcomes.ts';
import { groupBy } from '../../../util/group-by.ts';
import { didYouMean } from '../../../util/suggest.ts';
import { outcomeWord } from '../../flags/called-as.ts';
import { columns } from '../columns.ts';
import { shortNumber } from '../numbers.ts';

/** A run in the table of a matrix, with the values of the shown metrics in their order. */
export interface MatrixRow extends SeriesRow {
  readonly values: readonly (number | undefined)[];
}

/** The values of metrics in a run; undefined for one that it has not measured. */
export function shownValues(
  shown: readonly ShownMetric[],
  measured: readonly SeriesMetric[],
): MatrixRow['values'] {
  return shown.map(({ metric, stat }) => measured.find(({ name }) => name === metric)?.[stat]);
}

/**
 * A table of a matrix, with a line for each combination: its values, its outcomes, and the median over its rounds of
 * each metric and of the time that it took. Empty without a matrix and without metrics.
 */
export function matrixTable(rows: readonly MatrixRow[], shown: readonly ShownMetric[]): string {
  const axes = [...new Set(rows.flatMap(({ point }) => Object.keys(point)))];
  if (axes.length === 0 && shown.length === 0) return '';
  const names = [...new Set(rows.map(({ of }) => of))].length > 1 ? ['run'] : [];
  const metrics = shown.map(({ metric, stat }) => `${metric}:${stat}`);
  const head = [...names, ...axes, 'outcome', ...metrics, 'took'];
  const lines = [...groupBy(rows, ({ name }) => name).values()].map((its) => {
    const [first] = its;
    const took = medianOf(its.flatMap(({ tookMs }) => tookMs ?? []));
    return [
      ...names.map(() => first.of),
      ...axes.map((axis) => first.point[axis] ?? ''),
      outcomesText(its),
      ...shown.map((_, index) => numberText(medianOf(its.flatMap(({ values }) => values[index] ?? [])))),
      took === undefined ? '–' : roundedDuration(took),
    ];
  });
  const right = [...metrics, 'took'].map((_, index) => names.length + axes.length + 1 + index);
  return `\n${columns([head, ...lines], right)}`;
}

/** `success`, or `3 success, 1 failure` for several rounds. */
function outcomesText(rows: readonly SeriesRow[]): string {
  const counted = outcomes.flatMap((outcome) => {
    const count = rows.filter((row) => row.outcome === outcome).length;
    return count === 0 ? [] : [rows.length === 1 ? outcomeWord(outcome) : `${count} ${outcomeWord(outcome)}`];
  });
  return counted.join(', ');
}

function medianOf(values: number[]): number | undefined {
  return values.length === 0 ? undefined : median(values);
}

function numberText(value: number | undefined): string {
  return value === undefined ? '–' : shortNumber(value);
}

/**
 * Warnings about metrics that no run has measured, one for each.
 * @param known the names of all metrics of the runs.
 */
export function unmeasured(
  rows: readonly MatrixRow[],
  shown: readonly ShownMetric[],
  known: ReadonlySet<string>,
): string[] {
  return shown.flatMap(({ metric }, index) => {
    if (rows.some(({ values }) => values[index] !== undefined)) return [];
    return [`no run has measured "${metric}". ${didYouMean(metric, known, 'metric')}`];
  });
}
