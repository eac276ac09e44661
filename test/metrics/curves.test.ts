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

test('gives the minimum, median and maximum of each time slice', () => {
  const [curve] = curvesOf([sample(1_010, 1), sample(1_020, 9), sample(1_099, 2), sample(1_950, 4)]);
  expect(curve).toMatchObject({ at: [1_050, 1_950], low: [1, 4], mid: [2, 4], high: [9, 4] });
});

test('estimates the median of many values from a random sample, whatever their pattern', () => {
  const values = Array.from({ length: 10_000 }, (_, place) => sample(1_010, place % 2 === 0 ? 1 : 100));
  const steps = Array.from({ length: 10_000 }, (_, place) => sample(1_510, place, { name: 'n' }));
  const [alternating, rising] = curvesOf([...values, ...steps]);
  expect(alternating).toMatchObject({ low: [1], high: [100] });
  // The median of a sample of 64 is either value or between them; 50 such medians are hardly ever all equal.
  const middle = Array.from({ length: 50 }, (_, run) => curvesOf(values.slice(run)).at(0)?.mid[0]);
  expect(new Set(middle).size).toBeGreaterThan(1);
  expect(rising?.mid[0]).toBeGreaterThan(3_000);
  expect(rising?.mid[0]).toBeLessThan(7_000);
});

test('keeps 1,000 series and counts the others', () => {
  const curves = new Curves({ from: 1_000, to: 2_000, pieces: 10 });
  for (let name = 0; name < 1_003; name++) curves.add(sample(1_100, 1, { name: `m${name}` }));
  expect([curves.curves().length, curves.refused]).toEqual([1_000, 3]);
});

test('adds up the counters of a group to a running total', () => {
  const count = (ms: number, instance: number, count: number) =>
    sample(ms, 0, { type: 'counter', instance, measures: { count } });
  const [curve] = curvesOf([count(1_050, 0, 2), count(1_060, 1, 3), count(1_500, 0, 4)]);
  expect(curve).toMatchObject({ mid: [5, 9], what: 'running total of the group' });
});

test('has a separate curve for each field, tag and group', () => {
  const names = curvesOf([
    sample(1_100, 0, { type: 'pushed', measures: { in: 1, out: 2 } }),
    sample(1_100, 1, { tags: 'hop=1' }),
    sample(1_100, 1, { group: 'h' }),
  ]).map(({ metric, tags, group }) => `${metric},${tags},${group}`);
  expect(names).toEqual(['m.in,,g', 'm.out,,g', 'm,hop=1,g', 'm,,h']);
});

test('property: puts every value into a time slice, whatever its time', () => {
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
