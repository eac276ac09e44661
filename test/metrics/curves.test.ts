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

test('gives the quantiles of each time slice', () => {
  const [curve] = curvesOf([sample(1_010, 1), sample(1_020, 9), sample(1_099, 2), sample(1_950, 4)]);
  expect(curve).toMatchObject({ at: [1_050, 1_950], p50: [2, 4] });
  expect(curve?.p95).toEqual([expect.closeTo(8.3), 4]);
  expect(curve?.p99).toEqual([expect.closeTo(8.86), 4]);
});

test('estimates the quantiles of many values from a random sample, whatever their pattern', () => {
  const steps = Array.from({ length: 10_000 }, (_, place) => sample(1_510, place));
  const [rising] = curvesOf(steps);
  expect(rising?.p50[0]).toBeGreaterThan(4_000);
  expect(rising?.p50[0]).toBeLessThan(6_000);
  expect(rising?.p99[0]).toBeGreaterThan(9_500);
  // Equal samples give equal curves.
  expect(curvesOf(steps)).toEqual(curvesOf(steps));
});

test('has every value of a series of up to 500, in order of time', () => {
  const values = Array.from({ length: 500 }, (_, place) => sample(1_500 - place / 2, place));
  const [few] = curvesOf(values);
  expect(few?.points?.at).toHaveLength(500);
  expect(few?.points?.at.slice(0, 2)).toEqual([1_250.5, 1_251]);
  expect(few?.points?.value.slice(0, 2)).toEqual([499, 498]);
  expect(curvesOf([...values, sample(1_600, 1)])[0]?.points).toBeNull();
});

test('gives the greatest quantiles that instances reported in a time slice, and no points of their own', () => {
  const timer = (ms: number, instance: number, [count, p50, p95, p99]: readonly number[]) =>
    sample(ms, 0, {
      type: 'timer',
      instance,
      measures: { count: count ?? 0, p50: p50 ?? 0, p95: p95 ?? 0, p99: p99 ?? 0 },
    });
  const [curve] = curvesOf([
    timer(1_010, 0, [10, 5, 6, 9]),
    timer(1_020, 1, [10, 3, 8, 8]),
    timer(1_500, 0, [0, 0, 0, 0]),
  ]);
  expect(curve).toMatchObject({ at: [1_050], p50: [5], p95: [8], p99: [9], points: null });
});

test('pools groups and tags if their labels are the same', () => {
  const curves = new Curves({ from: 1_000, to: 2_000, pieces: 10 }, () => ({ tags: '', group: '' }));
  for (const [tags, value] of [
    ['hop=1', 1],
    ['hop=2', 3],
  ] as const)
    curves.add(sample(1_100, value, { tags }));
  expect(curves.curves()).toMatchObject([{ tags: '', group: '', points: { value: [1, 3] } }]);
});

test('keeps 1,000 series and counts the others', () => {
  const curves = new Curves({ from: 1_000, to: 2_000, pieces: 10 });
  for (let name = 0; name < 1_003; name++) curves.add(sample(1_100, 1, { name: `m${name}` }));
  expect([curves.curves().length, curves.refused]).toEqual([1_000, 3]);
});

test('adds up counters to a running total', () => {
  const count = (ms: number, instance: number, count: number) =>
    sample(ms, 0, { type: 'counter', instance, measures: { count } });
  const [curve] = curvesOf([count(1_050, 0, 2), count(1_060, 1, 3), count(1_500, 0, 4)]);
  expect(curve).toMatchObject({ p50: [5, 9], points: null });
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
      fc.array(fc.tuple(fc.integer({ min: -5_000, max: 9_000 }), fc.integer({ min: -1_000, max: 1_000 })), {
        minLength: 1,
      }),
      (values) => {
        const [curve] = curvesOf(values.map(([ms, value]) => sample(ms, value)));
        const all = values.map(([, value]) => value);
        expect(curve?.points?.value.toSorted((a, b) => a - b)).toEqual(all.toSorted((a, b) => a - b));
        for (const [place, p50] of (curve?.p50 ?? []).entries()) {
          const [p95 = Number.NaN, p99 = Number.NaN] = [curve?.p95[place], curve?.p99[place]];
          // Interpolation rounds.
          expect(p50).toBeGreaterThanOrEqual(Math.min(...all) - 1e-6);
          expect(p50).toBeLessThanOrEqual(p95 + 1e-6);
          expect(p95).toBeLessThanOrEqual(p99 + 1e-6);
        }
        expect(curve?.at).toEqual(curve?.at.toSorted((a, b) => a - b));
        for (const at of curve?.at ?? []) expect(at).toBeGreaterThan(1_000);
      },
    ),
  );
});
