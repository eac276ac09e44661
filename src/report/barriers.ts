import type { ActivityRecord } from '../history/activity-log.ts';
import { msBetween } from '../os/clock.ts';
import type { Barrier, State, Wait } from './data.ts';
import { notBefore } from './run-timeline.ts';

interface Place {
  readonly state: string;
  readonly target: number | null;
}

type OpenWait = Omit<Wait, 'to' | 'passed'>;

/** The data of the run that the moves belong to. */
interface Known {
  /** The index of an instance in the list of all. */
  readonly placeOf: (instance: { readonly group: string; readonly index: number }) => number;
  /** The end of an instance, in ms since the run began; null while it runs. */
  readonly endOf: (place: number) => number | null;
  /** Since the epoch. */
  readonly began: number;
}

/** Collects the moves at the sync service as barriers, with their arrivals and waits. */
export class Barriers {
  readonly #known: Known;
  readonly #places: Place[] = [];
  /** Indexes of barriers, by state and target. */
  readonly #placeOf = new Map<string, number>();
  readonly #signals = new Map<string, { readonly at: number; readonly by: number }[]>();
  readonly #counts = new Map<string, number>();
  readonly #open = new Map<string, OpenWait[]>();
  readonly #waits: Wait[] = [];
  /** The number of moves that are not on record. */
  left = 0;

  constructor(known: Known) {
    this.#known = known;
  }

  add(entry: ActivityRecord): void {
    const of = this.#known.placeOf(entry);
    const at = msBetween(this.#known.began, entry.at);
    switch (entry.did) {
      case 'more':
        this.left += entry.count;
        return;
      case 'signal':
        this.#signalsOf(entry.state).push({ at, by: of });
        this.#counts.set(entry.state, Math.max(entry.seq, this.#counts.get(entry.state) ?? 0));
        return;
      case 'wait':
        this.#openOf(of, entry).push({ of, barrier: this.#placeOfBarrier(entry), from: at });
        return;
      case 'pass':
      case 'leave': {
        const wait = this.#openOf(of, entry).shift();
        if (wait !== undefined)
          this.#waits.push({ ...wait, to: Math.max(wait.from, at), passed: entry.did === 'pass' });
      }
    }
  }

  /** Returns all barriers, including open waits. */
  result(): {
    readonly states: readonly State[];
    readonly barriers: readonly Barrier[];
    readonly waits: readonly Wait[];
  } {
    const open = [...this.#open.values()].flat();
    const lasting = open.map(
      (wait): Wait => ({ ...wait, to: notBefore(wait.from, this.#known.endOf(wait.of)), passed: false }),
    );
    const awaited = new Set(this.#places.map(({ state }) => state));
    const others = [...this.#signals.keys()].filter((state) => !awaited.has(state));
    const places = [...this.#places, ...others.map((state): Place => ({ state, target: null }))];
    const names = [...new Set(places.map(({ state }) => state))];
    const placeOf = new Map(names.map((name, place) => [name, place]));
    return {
      states: names.map((name) => this.#stateOf(name)),
      barriers: places.map(({ state, target }) => ({ state: placeOf.get(state) ?? -1, target })),
      waits: [...this.#waits, ...lasting].sort((a, b) => a.from - b.from),
    };
  }

  #stateOf(name: string): State {
    const signals = (this.#signals.get(name) ?? []).toSorted((a, b) => a.at - b.at);
    const count = this.#counts.get(name) ?? 0;
    return { name, at: signals.map(({ at }) => at), by: signals.map(({ by }) => by), count };
  }

  #signalsOf(state: string) {
    const known = this.#signals.get(state) ?? [];
    this.#signals.set(state, known);
    return known;
  }

  #openOf(of: number, { state, target }: Place): OpenWait[] {
    const key = JSON.stringify([of, state, target]);
    const known = this.#open.get(key) ?? [];
    this.#open.set(key, known);
    return known;
  }

  #placeOfBarrier({ state, target }: Place): number {
    const key = JSON.stringify([state, target]);
    const known = this.#placeOf.get(key);
    if (known !== undefined) return known;
    this.#placeOf.set(key, this.#places.length);
    return this.#places.push({ state, target }) - 1;
  }
}
