import type { RoundEvent } from './round-events.ts';

/** The first event that failing rounds lack and all passing rounds have. */
export interface Parting {
  readonly group: string;
  readonly event: string;
  /** The event before it, which these rounds still have; null if it is the first. */
  readonly after: string | null;
  /** Whether all instances of the group have it in each passing round, or at least one. */
  readonly isByAll: boolean;
  /** The failing rounds that part here. */
  readonly runs: readonly string[];
  /** Some of the instances that lack it in the first of these rounds. */
  readonly without: readonly string[];
}

interface Common {
  readonly group: string;
  readonly event: string;
  rounds: number;
  places: number;
  isByAll: boolean;
}

/** Finds where failing rounds part from passing ones. */
export class Partings {
  readonly #common = new Map<string, Common>();
  #passing = 0;

  addPassing(events: ReadonlyMap<string, RoundEvent>): void {
    this.#passing++;
    for (const [key, { group, event, place, isByAll }] of events) {
      const known = this.#common.get(key);
      // Only what the first passing round has can be in all of them.
      if (known === undefined && this.#passing === 1)
        this.#common.set(key, { group, event, rounds: 1, places: place, isByAll });
      if (known === undefined) continue;
      known.rounds++;
      known.places += place;
      known.isByAll &&= isByAll;
    }
    for (const [key, { rounds }] of this.#common) if (rounds < this.#passing) this.#common.delete(key);
  }

  /** The first places where these failing rounds part, those of most rounds first. */
  of(
    failing: readonly { readonly runId: string; readonly events: ReadonlyMap<string, RoundEvent> }[],
  ): readonly Parting[] {
    const inOrder = [...this.#common].sort(([, a], [, b]) => a.places - b.places);
    const partings = new Map<string, Parting & { readonly runs: string[] }>();
    for (const { runId, events } of failing) {
      const index = inOrder.findIndex(([key, common]) => isMissing(common, events.get(key)));
      const [key, common] = inOrder[index] ?? [];
      if (key === undefined || common === undefined) continue;
      const known = partings.get(key);
      if (known !== undefined) known.runs.push(runId);
      else partings.set(key, partingAt(key, common, inOrder.slice(0, index), runId, events));
    }
    return [...partings.values()].sort((a, b) => b.runs.length - a.runs.length);
  }
}

function isMissing({ isByAll }: Common, event: RoundEvent | undefined): boolean {
  return event === undefined || (isByAll && !event.isByAll);
}

function partingAt(
  key: string,
  { group, event, isByAll }: Common,
  before: readonly (readonly [string, Common])[],
  runId: string,
  events: ReadonlyMap<string, RoundEvent>,
): Parting & { readonly runs: string[] } {
  const last = before.findLast(([, common]) => common.group === group)?.[1];
  const without = events.get(key)?.without ?? [];
  return { group, event, after: last?.event ?? null, isByAll, runs: [runId], without };
}
