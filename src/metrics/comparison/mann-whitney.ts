import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { combinations, errorFunction, permutationTest, sum, wilcoxonRankSum } from 'simple-statistics';

/** Up to this many values of both sides together, every assignment to the sides is enumerated. */
const maxEnumerated = 16;
/** Up to this many values, random permutations are used; above, the normal approximation is accurate enough. */
const maxPermuted = 50;
/** The number of random permutations. */
const shuffles = 10_000;

/**
 * The two-sided Mann–Whitney U test: the probability of a difference this large if both sides are the same.
 * @param one and other at least one value each.
 * @returns the p-value: exact for up to 16 values; for up to 50, from 10,000 random permutations of the ranks,
 * reproducible for equal values; above, from the normal approximation with a tie correction.
 */
export function mannWhitney(one: readonly number[], other: readonly number[]): number {
  const all = [...one, ...other];
  if (all.length > maxPermuted) return byNormal([...one], [...other], all);
  const ranks = ranksOf(all);
  if (all.length <= maxEnumerated) return exactly(ranks, one.length);
  const chance = xoroshiro128plus(1);
  const next = () => uniformFloat64(chance);
  const p = permutationTest(ranks.slice(0, one.length), ranks.slice(one.length), 'two_side', shuffles, next);
  return Math.max(p, 1 / shuffles);
}

/** The share of all ways to assign ranks to the first side whose rank sum is at least as far from the expected one. */
function exactly(ranks: readonly number[], first: number): number {
  const expected = (first * (ranks.length + 1)) / 2;
  const distanceOf = (dealt: readonly number[]) => Math.abs(sum([...dealt]) - expected);
  const seen = distanceOf(ranks.slice(0, first));
  const all: number[][] = combinations([...ranks], first);
  return all.filter((dealt) => distanceOf(dealt) >= seen).length / all.length;
}

/** The rank of each value, from 1; equal values share the mean rank. */
function ranksOf(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const sums = new Map<number, { ranks: number; count: number }>();
  for (const [index, value] of sorted.entries()) {
    const { ranks, count } = sums.get(value) ?? { ranks: 0, count: 0 };
    sums.set(value, { ranks: ranks + index + 1, count: count + 1 });
  }
  return values.map((value) => {
    const { ranks, count } = sums.get(value) ?? { ranks: 0, count: 1 };
    return ranks / count;
  });
}

function byNormal(one: number[], other: number[], all: readonly number[]): number {
  const [n, m, total] = [one.length, other.length, all.length];
  const expected = (n * (total + 1)) / 2;
  const counts = new Map<number, number>();
  for (const value of all) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ties = [...counts.values()].reduce((sum, count) => sum + count ** 3 - count, 0);
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (variance === 0) return 1;
  // Continuity correction: the rank sum is an integer or half-integer.
  const distance = Math.max(0, Math.abs(wilcoxonRankSum(one, other) - expected) - 0.5);
  return Math.min(1, 1 - errorFunction(distance / Math.sqrt(2 * variance)));
}
