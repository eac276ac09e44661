import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Curves } from '../../src/metrics/curves.ts';
import type { Sample } from '../../src/metrics/sample.ts';

function sample(ms: number, value: number, more: Partial<Sample> = {}): Sample {
  return {
    ...{ ns: BigInt(Math.round(ms * 1e6)), source: 'results', type: 'point', name: 'm', tags: '' },
    ...{ group: 'g', instance: 0, measures: { value } },
    ...more,
  };
}

function curvesOf(samples: readonly Sample[], pieces = 10) {
  const curves = new Curves({ from: 1_000, to: 2_000, pieces });
  for (const each of samples) curves.add(each);
  return curves.curves();
}

test('the least, the median and the most of each piece of time', () => {
  const [curve] = curvesOf([sample(1_010, 1), sample(1_020, 9), sample(1_099, 2), sample(1_950, 4)]);
  expect(curve).toMatchObject({ at: [1_050, 1_950], low: [1, 4], mid: [2, 4], high: [9, 4] });
});

test('of many values some are kept for the median, whatever pattern they have', () => {
  const values = Array.from({ length: 10_000 }, (_, place) => sample(1_010, place % 2 === 0 ? 1 : 100));
  const steps = Array.from({ length: 10_000 }, (_, place) => sample(1_510, place, { name: 'n' }));
  const [alternating, rising] = curvesOf([...values, ...steps]);
  expect(alternating).toMatchObject({ low: [1], high: [100] });
  // Either, or between them: 64 of them are hardly ever all alike.
  const middle = Array.from({ length: 50 }, (_, run) => curvesOf(values.slice(run)).at(0)?.mid[0]);
  expect(new Set(middle).size).toBeGreaterThan(1);
  expect(rising?.mid[0]).toBeGreaterThan(3_000);
  expect(rising?.mid[0]).toBeLessThan(7_000);
});

test('more series than there is room for are counted', () => {
  const curves = new Curves({ from: 1_000, to: 2_000, pieces: 10 });
  for (let name = 0; name < 1_003; name++) curves.add(sample(1_100, 1, { name: `m${name}` }));
  expect([curves.curves().length, curves.refused]).toEqual([1_000, 3]);
});

test('a counter goes on: it is the total of the group', () => {
  const count = (ms: number, instance: number, count: number) =>
    sample(ms, 0, { type: 'counter', instance, measures: { count } });
  const [curve] = curvesOf([count(1_050, 0, 2), count(1_060, 1, 3), count(1_500, 0, 4)]);
  expect(curve).toMatchObject({ mid: [5, 9], what: 'running total of the group' });
});

test('each field of a point, each tag and each group has a curve of its own', () => {
  const names = curvesOf([
    sample(1_100, 0, { type: 'pushed', measures: { in: 1, out: 2 } }),
    sample(1_100, 1, { tags: 'hop=1' }),
    sample(1_100, 1, { group: 'h' }),
  ]).map(({ metric, tags, group }) => `${metric},${tags},${group}`);
  expect(names).toEqual(['m.in,,g', 'm.out,,g', 'm,hop=1,g', 'm,,h']);
});

test('every value is in a piece, whatever its time', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -5_000, max: 9_000 }), fc.double({ noNaN: true })), {
        minLength: 1,
      }),
      (values) => {
        const [curve] = curvesOf(values.map(([ms, value]) => sample(ms, value)));
        const all = values.map(([, value]) => value);
        expect(Math.min(...(curve?.low ?? []))).toBe(Math.min(...all));
        expect(Math.max(...(curve?.high ?? []))).toBe(Math.max(...all));
        expect(curve?.at).toEqual(curve?.at.toSorted((a, b) => a - b));
        for (const at of curve?.at ?? []) expect(at).toBeGreaterThan(1_000);
      },
    ),
  );
});
