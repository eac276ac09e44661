import { computed } from '@preact/signals';
import type { Barrier } from '../data.ts';
import { report } from './state.ts';

/** A barrier with those who came to it, and those who went on. */
export interface Arrivals {
  readonly name: string;
  readonly target: number | null;
  /** When signals came that count for it, as far as they are on record, and by whom. */
  readonly at: readonly number[];
  readonly by: readonly number[];
  /** When those went on who waited. */
  readonly passes: readonly number[];
  /** How often its state is known to have been signalled: more than counts for it, where it goes on. */
  readonly count: number;
  /** Whether it opened: undefined where that is not on record. */
  readonly opened: boolean | undefined;
  /** Who opened it, or came last so far; undefined where that is not on record. */
  readonly last: number | undefined;
}

export const arrivals = computed<readonly Arrivals[]>(() => {
  const { barriers, waits } = report.value;
  const passes = barriers.map((): number[] => []);
  for (const { barrier, passed, to } of waits) if (passed && to !== null) passes[barrier]?.push(to);
  return barriers.map((barrier, place) =>
    arrivalsOf(
      barrier,
      (passes[place] ?? []).sort((a, b) => a - b),
    ),
  );
});

function arrivalsOf({ state, target }: Barrier, passes: readonly number[]): Arrivals {
  const { states, movesLeft } = report.value;
  const { name = '?', at: all = [], by: everyone = [], count = 0 } = states[state] ?? {};
  const needed = target ?? all.length;
  const [at, by] = [all.slice(0, needed), everyone.slice(0, needed)];
  const isReached = target !== null && (count >= target || passes.length > 0);
  const isKnown = isReached || movesLeft === 0;
  // With signals missing among the first ones, nobody knows which of them was the last that was needed.
  const last = all.length === count || target === null ? by.at(-1) : undefined;
  return { name, target, at, by, passes, count, opened: isKnown ? isReached : undefined, last };
}

/** Of those that are waited at, the one with the most time between the first and the last who came. */
export function slowest(all: readonly Arrivals[]): number {
  const spread = ({ at, target }: Arrivals) => (target === null ? -1 : (at.at(-1) ?? 0) - (at[0] ?? 0));
  return all.reduce((worst, its, place) => {
    const before = all[worst];
    return before === undefined || spread(its) > spread(before) ? place : worst;
  }, 0);
}
