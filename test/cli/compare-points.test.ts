import { expect, test } from 'vitest';
import { pointName, pointsOf, pooled } from '../../src/cli/commands/compare/points.ts';
import type { RunRecord } from '../../src/history/record.ts';

const run = (runId: string, point: RunRecord['point']) => ({ runId, point }) as RunRecord;
const shape = (sides: readonly (readonly RunRecord[])[]) =>
  pointsOf(sides).points.map(({ values, records }) => [
    pointName(values),
    ...records.map((side) => side.map(({ runId }) => runId).join()),
  ]);

test('the runs of two matrices are compared at each point, in natural order', () => {
  const one = [
    run('a1', { instances: '200' }),
    run('a2', { instances: '20' }),
    run('a3', { instances: '200' }),
  ];
  const other = [run('b1', { instances: '20' }), run('b2', { instances: '200' })];
  expect(shape([one, other])).toEqual([
    ['instances=20', 'a2', 'b1'],
    ['instances=200', 'a1,a3', 'b2'],
  ]);
});

test('an axis on which the sides have no value in common tells them apart', () => {
  const of = (name: string, version: string) =>
    ['20', '60'].map((instances) => run(`${name}${instances}`, { instances, version }));
  expect(shape([of('a', '1'), of('b', '2')])).toEqual([
    ['instances=20', 'a20', 'b20'],
    ['instances=60', 'a60', 'b60'],
  ]);
});

test('points that a side lacks are left out and named', () => {
  const [one, other] = [[run('a1', { n: '1' }), run('a2', { n: '2' })], [run('b2', { n: '2' })]];
  expect(shape([one, other])).toEqual([['n=2', 'a2', 'b2']]);
  expect(pointsOf([one, other]).leftOut).toEqual([{ name: 'n=1', sides: [0] }]);
});

test.each([
  [
    'runs without a matrix',
    [
      [run('a', {}), run('b', {})],
      [run('c', {}), run('d', {})],
    ],
  ],
  ['one side has no matrix', [[run('a', { n: '1' }), run('b', { n: '2' })], [run('c', {})]]],
  ['matrices with no value in common', [[run('a', { n: '1' })], [run('b', { n: '2' })]]],
  ['all runs at one point', [[run('a', { n: '1' })], [run('b', { n: '1' })]]],
] as const)('%s: the sides are compared as they are', (_, sides) => {
  expect(pointsOf(sides)).toEqual(pooled(sides));
});
