import { computed } from '@preact/signals';
import type { Barrier } from '../../data.ts';
import { report } from '../state.ts';

/** A barrier with its arrivals and departures. */
export interface Arrivals {
  readonly name: string;
  readonly target: number | null;
  /** When the recorded signals that count for it arrived, and from which instances. */
  readonly at: readonly number[];
  readonly by: readonly number[];
  /** When the waiting instances continued. */
  readonly passes: readonly number[];
  /** The instances that waited there in vain, or still wait. */
  readonly waiting: readonly number[];
  /** How often its state was signalled: more often than counts for the barrier if the state is signalled further. */
  readonly count: number;
  /** Whether it opened; undefined if that is not on record. */
  readonly opened: boolean | undefined;
  /** The instance that opened it, or was the last to arrive so far; undefined if that is not on record. */
  readonly last: number | undefined;
}

export const arrivals = computed<readonly Arrivals[]>(() => {
  const { barriers, waits } = report.value;
  const passes = barriers.map((): number[] => []);
  const waiting = barriers.map((): number[] => []);
  for (const { of, barrier, passed, to } of waits) {
    if (passed && to !== null) passes[barrier]?.push(to);
    else waiting[barrier]?.push(of);
  }
  return barriers.map((barrier, place) =>
    arrivalsOf(
      barrier,
      (passes[place] ?? []).sort((a, b) => a - b),
      waiting[place] ?? [],
    ),
  );
});

function arrivalsOf(
  { state, target }: Barrier,
  passes: readonly number[],
  waiting: readonly number[],
): Arrivals {
  const { states, movesLeft } = report.value;
  const { name = '?', at: all = [], by: everyone = [], count = 0 } = states[state] ?? {};
  const needed = target ?? all.length;
  const [at, by] = [all.slice(0, needed), everyone.slice(0, needed)];
  const isReached = target !== null && (count >= target || passes.length > 0);
  const isKnown = isReached || movesLeft === 0;
  // If early signals are missing, the last one needed is unknown.
  const last = all.length === count || target === null ? by.at(-1) : undefined;
  return { name, target, at, by, passes, waiting, count, opened: isKnown ? isReached : undefined, last };
}

/** The index of the barrier with waiters whose arrivals are spread over the longest time. */
export function slowest(all: readonly Arrivals[]): number {
  const spread = ({ at, target }: Arrivals) => (target === null ? -1 : (at.at(-1) ?? 0) - (at[0] ?? 0));
  return all.reduce((worst, its, place) => {
    const before = all[worst];
    return before === undefined || spread(its) > spread(before) ? place : worst;
  }, 0);
}
