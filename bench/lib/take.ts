import { median } from 'simple-statistics';
import type { Extent } from './benchmark.ts';

/**
 * Takes measurements in turn, A B C A B C …, so that changes in the speed of the machine affect all of them. Unless the
 * extent is quick, one more round comes first, as a warm-up.
 * @returns the measurements, without the warm-up.
 */
export async function takeInTurn<Names extends string, Taken>(
  { rounds, quick }: Extent,
  takes: Readonly<Record<Names, () => Promise<Taken>>>,
): Promise<Record<Names, Taken[]>> {
  const names = Object.keys(takes) as Names[];
  const taken = new Map<Names, Taken[]>(names.map((name) => [name, []]));
  for (let round = quick ? 1 : 0; round <= rounds; round++) {
    for (const name of names) {
      const value = await takes[name]();
      if (round > 0) taken.get(name)?.push(value);
    }
  }
  return Object.fromEntries(taken) as Record<Names, Taken[]>;
}

/** Measures figures in turn. @returns their medians. */
export async function mediansInTurn<Names extends string>(
  extent: Extent,
  takes: Readonly<Record<Names, () => Promise<number>>>,
): Promise<Record<Names, number>> {
  const taken = await takeInTurn(extent, takes);
  const entries = Object.entries<number[]>(taken).map(([name, values]) => [name, median(values)]);
  return Object.fromEntries(entries) as Record<Names, number>;
}

/** The median of each figure over several measurements. */
export function medianFigures<Name extends string>(
  measures: readonly Readonly<Record<Name, number>>[],
): Record<Name, number> {
  const names = Object.keys(measures[0] ?? {}) as Name[];
  const entries = names.map((name) => [name, median(measures.map((measure) => measure[name]))]);
  return Object.fromEntries(entries) as Record<Name, number>;
}
