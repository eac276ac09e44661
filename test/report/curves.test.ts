import fc from 'fast-check';
import { expect, test } from 'vitest';
import { curvesOf } from '../../src/report/page/series/curves.ts';
import type { SeriesPoint } from '../../src/report/series-data.ts';

function pointsOf(...all: (readonly string[])[]): SeriesPoint[] {
  const share = { failed: 0, judged: 1, low: 0, high: 1 };
  return all.map((values) => ({ name: values.join(), of: 'default', values, ...share }));
}

function runsIn(point: readonly number[], round: readonly number[]) {
  return { point, round } as never;
}

test('a numeric setting is the horizontal axis, with a dot for each run and the medians of the rounds', () => {
  const points = pointsOf(['60'], ['20']);
  const runs = runsIn([0, 1, 0, 1, 0], [1, 1, 2, 2, 3]);
  const { at, names, curves } = curvesOf({ axes: ['instances'], points, runs }, [9, 1, 3, 2, 6], 0);
  expect(names).toBeUndefined();
  expect(at).toEqual([20, 20, 60, 60, 60]);
  expect(curves).toEqual([{ label: '', dots: [1, 2, 9, 3, 6], middle: [1.5, null, 6, null, null] }]);
});

test('texts are in their order, and the other settings are lines', () => {
  const points = pointsOf(['slow', '1'], ['slow', '2'], ['fast', '1']);
  const runs = runsIn([0, 1, 2], [1, 1, 1]);
  const { at, names, curves } = curvesOf({ axes: ['kind', 'n'], points, runs }, [5, 6, 7], 0);
  expect([names, at]).toEqual([
    ['slow', 'fast'],
    [0, 0, 1],
  ]);
  expect(curves).toEqual([
    { label: 'n=1', dots: [5, null, 7], middle: [5, null, 7] },
    { label: 'n=2', dots: [null, 6, null], middle: [6, null, null] },
  ]);
});

test('without a setting, the rounds are the horizontal axis', () => {
  const runs = runsIn([0, 0, 0], [3, 1, 2]);
  const { at, curves } = curvesOf({ axes: [], points: pointsOf([]), runs }, [30, 10, null], undefined);
  expect([at, curves[0]?.dots]).toEqual([
    [1, 3],
    [10, 30],
  ]);
});

test('property: each measured value is one dot of one line, and columns ascend', () => {
  const value = fc.option(fc.integer({ min: 0, max: 9 }), { nil: null });
  const run = fc.tuple(fc.integer({ min: 0, max: 3 }), value);
  fc.assert(
    fc.property(fc.array(run, { maxLength: 20 }), fc.constantFrom(undefined, 0, 1), (all, axis) => {
      const points = pointsOf(['1', 'a'], ['2', 'a'], ['1', 'b'], ['2', 'b']);
      const runs = runsIn(
        all.map(([point]) => point),
        all.map((_, index) => index),
      );
      const values = all.map(([, its]) => its);
      const { at, curves } = curvesOf({ axes: ['n', 'kind'], points, runs }, values, axis);
      expect([...at].sort((a, b) => a - b)).toEqual(at);
      const dots = curves.flatMap((curve) => curve.dots.filter((dot) => dot !== null));
      expect(dots.sort()).toEqual(values.filter((its) => its !== null).sort());
      for (const { dots: its, middle } of curves)
        expect([its.length, middle.length]).toEqual([at.length, at.length]);
    }),
  );
});
