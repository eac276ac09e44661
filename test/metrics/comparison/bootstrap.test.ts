import fc from 'fast-check';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { mean } from 'simple-statistics';
import { expect, test } from 'vitest';
import { compareSides, type Difference } from '../../../src/metrics/comparison/compare-sides.ts';
import { effectStats } from '../../../src/metrics/comparison/estimates.ts';
import type { Side } from '../../../src/metrics/comparison/measured.ts';
import { measuredOf } from '../../../src/metrics/comparison/side-builder.ts';

/** A side with the values of each of its instances, all in one run. */
function sideWith(instances: readonly (readonly number[])[]): Side {
  const values = instances.flatMap((all, index) =>
    all.map((value) => ({ run: 0, instance: { group: 'g', index }, value })),
  );
  const measured = measuredOf(values);
  return new Map(measured === undefined ? [] : [['m', measured]]);
}

async function differencesOf(
  ...sides: readonly (readonly (readonly number[])[])[]
): Promise<readonly (Difference | null)[]> {
  const [compared] = await compareSides(sides.map(sideWith));
  return compared?.sides ?? [];
}

const value = fc.double({ min: 0.001, max: 1e6, noNaN: true });
const instances = fc.array(fc.array(value, { minLength: 10, maxLength: 40 }), { minLength: 4, maxLength: 8 });

test('property: quantiles are in order, and so are the ends of every interval; positive values have no negative ones', async () => {
  await fc.assert(
    fc.asyncProperty(instances, instances, async (one, other) => {
      for (const [place, side] of (await differencesOf(one, other)).entries()) {
        const all = (place === 0 ? one : other).flat();
        const { p50, p95, p99 } = side?.effects ?? {};
        expect(p50?.value).toBeLessThanOrEqual(p95?.value ?? Number.POSITIVE_INFINITY);
        expect(p95?.value ?? 0).toBeLessThanOrEqual(p99?.value ?? Number.POSITIVE_INFINITY);
        for (const stat of effectStats) {
          const [low = 0, high = 0] = side?.effects[stat]?.interval ?? [];
          expect(low).toBeLessThanOrEqual(high);
          if (side?.effects[stat] === null) continue;
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeGreaterThanOrEqual(Math.min(...all));
        }
        const [low = 0, high = 0] = side?.effects.mean?.changeInterval ?? [];
        expect(low).toBeLessThanOrEqual(high);
      }
    }),
    { numRuns: 15 },
  );
});

test('property: equal values give equal intervals, and a change of unit changes nothing relative', async () => {
  await fc.assert(
    fc.asyncProperty(instances, instances, async (one, other) => {
      const differences = await differencesOf(one, other);
      expect(await differencesOf(one, other)).toEqual(differences);
      const inOtherUnit = (side: readonly (readonly number[])[]) =>
        side.map((values) => values.map((each) => each * 1024));
      const [, scaled] = await differencesOf(inOtherUnit(one), inOtherUnit(other));
      const [low = 0, high = 0] = differences[1]?.effects.p50?.changeInterval ?? [];
      expect(scaled?.effects.p50?.changeInterval?.[0]).toBeCloseTo(low, 6);
      expect(scaled?.effects.p50?.changeInterval?.[1]).toBeCloseTo(high, 6);
    }),
    { numRuns: 8 },
  );
});

/** Normally distributed numbers, the same in each run of the test (Box and Muller). */
function normals(): () => number {
  const chance = xoroshiro128plus(4242);
  const uniform = () => 1 - uniformFloat64(chance);
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

// Without the correction for few values, 4 instances give about 80 %.
test.each([4, 8, 20])(
  'intervals of %i instances hold the true mean and change in 90 % of cases or more',
  async (count) => {
    const next = normals();
    const side = (centre: number) => Array.from({ length: count }, () => [centre + next()]);
    const cases = 100;
    let [ofMean, ofChange] = [0, 0];
    for (let each = 0; each < cases; each++) {
      const [first, second] = await differencesOf(side(10), side(12));
      const holds = (range: readonly [number, number] | null | undefined, truth: number) =>
        range !== null && range !== undefined && range[0] <= truth && truth <= range[1];
      if (holds(first?.effects.mean?.interval, 10)) ofMean++;
      if (holds(second?.effects.mean?.changeInterval, 0.2)) ofChange++;
    }
    expect(ofMean / cases).toBeGreaterThanOrEqual(0.9);
    expect(ofChange / cases).toBeGreaterThanOrEqual(0.9);
    // Not by being too wide: twice as wide as needed would always hold.
    expect(ofMean + ofChange).toBeLessThan(2 * cases);
  },
);

test('values of one instance are not taken for independent', async () => {
  const next = normals();
  const noisy = Array.from({ length: 5 }, () => {
    const own = 10 + next();
    return Array.from({ length: 200 }, () => own + 0.01 * next());
  });
  const [side] = await differencesOf(noisy);
  const [low = 0, high = 0] = side?.effects.mean?.interval ?? [];
  const spread = Math.max(...noisy.map((all) => mean(all))) - Math.min(...noisy.map((all) => mean(all)));
  expect(high - low).toBeGreaterThan(spread / 3);
});

test('there is no interval for fewer than four instances', async () => {
  const [side] = await differencesOf([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  expect(side?.effects.mean).toMatchObject({ value: 3.5, interval: null });
});
