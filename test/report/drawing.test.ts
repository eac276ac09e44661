// @vitest-environment node
import { expect, test, vi } from 'vitest';
import type { LabelledSeries, Metric, Series } from '../../src/report/data.ts';

// uPlot asks the browser for these when it is loaded.
vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
const { drawingOf, hasPoints, labelOf, placeOfShare, styleOf } = await import(
  '../../src/report/page/metrics/drawing.ts'
);

const stats = { count: 1, mean: 1, min: 1, p50: 1, p95: 1, p99: 1, max: 1, atMost: false };
const seriesWith = (at: readonly number[], value: readonly number[], more: Partial<Series> = {}): Series => ({
  stats,
  curve: { at, p50: value, p95: value, p99: value },
  points: { at, value },
  distribution: { share: [0, 0.5], value: [1, 2] },
  ...more,
});
const labelled = (group: number, tags: string, its: Series): LabelledSeries => ({ group, tags, ...its });

function metricWith(all: Series, series: readonly LabelledSeries[], type = 'point'): Metric {
  return { name: 'm', type, source: 'results', group: null, unit: null, thresholds: [], all, series };
}
const time = { shape: 'time', isSplit: false, quantile: 'p95' } as const;

test('draws every value if there are few, one series beside the other', () => {
  const [one, two] = [seriesWith([1, 3], [10, 30]), seriesWith([2, 3], [20, 31])];
  const metric = metricWith(seriesWith([1, 2, 3, 3], [10, 20, 30, 31]), [
    labelled(0, 'a=1', one),
    labelled(0, 'a=2', two),
  ]);
  expect(drawingOf(metric, { ...time, isSplit: true }).columns).toEqual([
    [1, 2, 3, 3],
    [10, null, 30, null],
    [null, 20, null, 31],
  ]);
  expect(drawingOf(metric, time)).toMatchObject({
    columns: [
      [1, 2, 3, 3],
      [10, 20, 30, 31],
    ],
    names: [],
  });
  expect(hasPoints(metric, true)).toBe(true);
});

test('draws three quantiles of many values together, and the chosen one of each series', () => {
  const many = { points: null, curve: { at: [1], p50: [5], p95: [6], p99: [7] } };
  const metric = metricWith(seriesWith([], [], many), [
    labelled(0, 'a=1', seriesWith([], [], many)),
    labelled(0, 'a=2', seriesWith([], [])),
  ]);
  const together = drawingOf(metric, time);
  expect([together.columns, together.names]).toEqual([
    [[1], [5], [6], [7]],
    ['p50', 'p95', 'p99'],
  ]);
  const split = drawingOf(metric, { ...time, isSplit: true });
  expect([split.columns, split.names]).toEqual([[[1], [6], [null]], []]);
});

test('draws quantiles once all series together have more than 2,000 values', () => {
  const at = Array.from({ length: 500 }, (_, place) => place);
  const all = Array.from({ length: 5 }, (_, place) => labelled(0, `a=${place}`, seriesWith(at, at)));
  expect(hasPoints(metricWith(seriesWith([], []), all.slice(0, 4)), true)).toBe(true);
  expect(hasPoints(metricWith(seriesWith([], []), all), true)).toBe(false);
});

test('draws a distribution on an axis on which 90, 99 and 99.9 % have the same distance', () => {
  expect([0.9, 0.99, 0.999].map(placeOfShare)).toEqual([
    expect.closeTo(1),
    expect.closeTo(2),
    expect.closeTo(3),
  ]);
  const its = { distribution: { share: [0, 0.9, 0.99], value: [1, 9, 10] } };
  const { columns, x } = drawingOf(metricWith(seriesWith([], [], its), []), {
    ...time,
    shape: 'distribution',
  });
  expect(columns).toEqual([
    [expect.closeTo(0), expect.closeTo(1), expect.closeTo(2)],
    [1, 9, 10],
  ]);
  expect(x?.ticks.map(({ text }) => text)).toEqual(['0 %', '50 %', '90 %', '99 %']);
});

test('a line has the colour of its group, unless several series are of one group', () => {
  const its = seriesWith([], []);
  const byGroup = metricWith(its, [labelled(2, '', its), labelled(0, '', its)]);
  const byTag = metricWith(its, [labelled(2, 'a=1', its), labelled(2, 'a=2', its)]);
  expect(styleOf(byGroup, 1)).toEqual(styleOf(byTag, 0));
  expect(styleOf(byTag, 0)).not.toEqual(styleOf(byTag, 1));
});

test('a series is named by its tags, and by its group if the run has several', () => {
  const its = labelled(1, 'hop=1', seriesWith([], []));
  expect(labelOf(its, [{ id: 'a' }, { id: 'b' }])).toBe('b, hop=1');
  expect(labelOf(its, [{ id: 'a' }])).toBe('hop=1');
  expect(labelOf({ ...its, tags: '' }, [{ id: 'a' }])).toBe('no tags');
});
