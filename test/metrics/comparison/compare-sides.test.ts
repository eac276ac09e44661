import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareSides } from '../../../src/metrics/comparison/compare-sides.ts';
import { mannWhitney } from '../../../src/metrics/comparison/mann-whitney.ts';
import { SideBuilder } from '../../../src/metrics/comparison/side-builder.ts';
import { given, sample } from '../samples.ts';

const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

describe('the Mann–Whitney U test', () => {
  // 2 of the 70 assignments of eight values to two sides are as extreme, and 2 of the 252 of ten values.
  test.each([
    [range(1, 4), range(5, 4), 2 / 70],
    [range(1, 5), range(6, 5), 2 / 252],
    [[1, 3, 5, 7], [2, 4, 6, 8], 48 / 70],
    [[1], [2], 1],
  ])('of %j and %j equals the exact distribution', (one, other, p) => {
    expect(mannWhitney(one, other)).toBeCloseTo(p, 10);
  });

  // Calculated by hand: U is 200 and 364.5, where 450 is expected; with ties, the standard deviation is 67.62 and
  // 67.61.
  test.each([
    [range(0, 30), range(10, 30), 0.000224],
    [range(0, 30), range(3, 30), 0.2087],
    [Array(30).fill(1), Array(30).fill(1), 1],
  ])('of many values equals the normal approximation', (one, other, p) => {
    expect(mannWhitney(one, other)).toBeCloseTo(p, 4);
  });

  test('changes by less than 0.02 where the normal approximation takes over from permutations', () => {
    const [one, other] = [range(0, 25), range(6, 25)];
    const shuffled = mannWhitney(one, other);
    const normal = mannWhitney([...one, 12], other);
    expect(Math.abs(shuffled - normal)).toBeLessThan(0.02);
  });

  test('property: is nearly symmetric, and depends only on the order of the values', () => {
    const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(values, values, (one, other) => {
        const p = mannWhitney(one, other);
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(Math.abs(mannWhitney(other, one) - p)).toBeLessThan(0.03);
        const cubed = (all: number[]) => all.map((value) => value ** 3);
        expect(mannWhitney(cubed(one), cubed(other))).toBe(p);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a comparison', () => {
  const sideOf = async (...runs: readonly number[][]) => {
    const builder = new SideBuilder();
    for (const values of runs)
      await builder.add(given(values.map((value, instance) => sample({ instance, measures: { value } }))));
    return builder.side();
  };

  test('of single runs compares their instances', async () => {
    const [compared] = await compareSides([await sideOf([1, 2, 3, 4]), await sideOf([11, 12, 13, 14])]);
    expect(compared).toMatchObject({
      metric: 'm',
      sides: [
        { value: 2.5, change: null, p: null, of: 'instance', count: 4 },
        { value: 12.5, change: 4, p: expect.closeTo(2 / 70, 10), of: 'instance', count: 4 },
      ],
    });
  });

  test('of enough runs compares the runs, because instances of one run are not independent', async () => {
    const runs = (by: number) =>
      range(0, 4).map((run) => range(0, 50).map((instance) => run * 10 + by + instance / 100));
    const [compared] = await compareSides([await sideOf(...runs(0)), await sideOf(...runs(1))]);
    expect(compared?.sides.map((side) => [side?.of, side?.count])).toEqual([
      ['run', 4],
      ['run', 4],
    ]);
    expect(compared?.sides[1]?.p).toBeGreaterThan(0.3);
  });

  test('compares each side with the first one only', async () => {
    const runs = (count: number, by: number) => range(0, count).map((run) => [run + by, run + by]);
    const [one, two, few] = [
      await sideOf(...runs(5, 0)),
      await sideOf(...runs(5, 100)),
      await sideOf(...runs(2, 0)),
    ];
    const [compared] = await compareSides([one, two, few]);
    expect(compared?.sides.map((side) => [side?.of, side?.count, side?.p])).toEqual([
      ['run', 5, null],
      ['run', 5, expect.closeTo(2 / 252, 10)],
      ['instance', 4, expect.any(Number)],
    ]);
  });

  test('has no p-value for too few values, and no change if one side lacks the metric', async () => {
    const [compared] = await compareSides([await sideOf([1, 2]), await sideOf([11, 12])]);
    expect(compared?.sides[1]).toMatchObject({ value: 11.5, change: 20 / 3, p: null });
    const [alone] = await compareSides([new Map(), await sideOf([1, 2, 3, 4])]);
    expect(alone?.sides).toMatchObject([
      null,
      { value: 2.5, change: null, p: null, of: 'instance', count: 4 },
    ]);
  });

  test('compares with another side than the first if asked', async () => {
    const [compared] = await compareSides([await sideOf([1, 2, 3, 4]), await sideOf([2, 4, 6, 8])], 1);
    expect(compared?.sides.map((side) => [side?.value, side?.change])).toEqual([
      [2.5, -0.5],
      [5, null],
    ]);
  });

  test('has the quantiles of all values together, and none that needs more values', async () => {
    const [compared] = await compareSides([
      await sideOf(range(0, 50), range(50, 50)),
      await sideOf(range(0, 21)),
    ]);
    expect(compared?.sides.map((side) => side?.effects)).toMatchObject([
      { p50: { value: 49.5 }, p95: { value: 94.05 }, p99: { value: 98.01 } },
      { p50: { value: 10 }, p95: { value: 19, change: expect.closeTo(19 / 94.05 - 1, 10) }, p99: null },
    ]);
  });

  test('averages the quantiles of timers, which instances summarise', async () => {
    const timer = (instance: number, count: number, p95: number) =>
      sample({
        instance,
        type: 'timer',
        measures: { count, mean: p95 / 2, min: 0, max: p95, p50: p95 / 2, p95, p99: p95 },
      });
    const builder = new SideBuilder();
    await builder.add(given([timer(0, 100, 10), timer(1, 300, 20)]));
    const [compared] = await compareSides([builder.side()]);
    expect(compared?.sides[0]).toMatchObject({
      samples: 400,
      quantilesAre: 'averaged',
      effects: { mean: { value: 8.75 }, p95: { value: 17.5 } },
    });
  });
});
