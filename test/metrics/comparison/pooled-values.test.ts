import fc from 'fast-check';
import { quantileSorted } from 'simple-statistics';
import { expect, test } from 'vitest';
import { pooledQuantiles } from '../../../src/metrics/comparison/estimates.ts';
import { PooledValues } from '../../../src/metrics/comparison/pooled-values.ts';

const once = (instances: number) => new Float64Array(instances).fill(1);

test('property: quantiles of few values are exact', () => {
  const values = fc.array(
    fc.tuple(fc.nat(3), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 })),
    {
      minLength: 1,
      maxLength: 200,
    },
  );
  fc.assert(
    fc.property(values, (all) => {
      const pooled = new PooledValues();
      for (const [instance, value] of all) pooled.add(instance, value);
      const sorted = all.map(([, value]) => value).sort((a, b) => a - b);
      const { p50, p95, p99 } = pooledQuantiles(pooled.sorted(), once(4));
      for (const [found, share] of [
        [p50, 0.5],
        [p95, 0.95],
        [p99, 0.99],
      ] as const) {
        const exact = quantileSorted(sorted, share);
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(exact)));
      }
    }),
  );
});

test('a weight counts an instance as often as it says', () => {
  const pooled = new PooledValues();
  for (const [instance, value] of [
    [0, 1],
    [1, 2],
    [2, 3],
  ] as const)
    pooled.add(instance, value);
  expect(pooledQuantiles(pooled.sorted(), Float64Array.of(0, 1, 3)).p50).toBe(3);
  expect(pooledQuantiles(pooled.sorted(), Float64Array.of(1, 1, 0)).p50).toBe(1.5);
});

test('a million values of a hundred instances are kept in 32,768 cells, their quantiles within 0.5 %', () => {
  const pooled = new PooledValues();
  const all = new Float64Array(1_000_000);
  let state = 7;
  for (let each = 0; each < all.length; each++) {
    state = (state * 48_271) % 2_147_483_647;
    // Latencies over three orders of magnitude.
    all[each] = 0.5 + 500 * (state / 2_147_483_647) ** 4;
    pooled.add(each % 100, all[each] ?? 0);
  }
  const sorted = pooled.sorted();
  expect(sorted.values.length).toBeLessThanOrEqual(32_768);
  expect(sorted.counts.reduce((sum, count) => sum + count, 0)).toBe(1_000_000);
  const exact = all.sort() as unknown as number[];
  const { p50, p95, p99 } = pooledQuantiles(sorted, once(100));
  expect(p50 / quantileSorted(exact, 0.5)).toBeCloseTo(1, 2);
  for (const [found, share] of [
    [p50, 0.5],
    [p95, 0.95],
    [p99, 0.99],
  ] as const)
    expect(Math.abs(found / quantileSorted(exact, share) - 1)).toBeLessThan(0.005);
});

test('zero, negative values and values of all magnitudes keep their order when cells are shared', () => {
  const pooled = new PooledValues();
  for (let each = 0; each < 60_000; each++) pooled.add(0, (each - 30_000) * 1.37);
  const { values } = pooled.sorted();
  expect(values.length).toBeLessThan(60_000);
  expect([...values]).toEqual([...values].sort((a, b) => a - b));
  expect(pooledQuantiles(pooled.sorted(), once(1)).p95 / (27_000 * 1.37)).toBeCloseTo(1, 2);
});
