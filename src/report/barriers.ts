import type { MoveRecord } from '../history/moves.ts';
import type { Barrier, Wait } from './data.ts';

type Place = Pick<Barrier, 'state' | 'target'>;

type OpenWait = Omit<Wait, 'to' | 'passed'>;

/** Whose moves they are. */
interface Known {
  /** The place of an instance in the list of all. */
  readonly placeOf: (instance: { readonly group: string; readonly index: number }) => number;
  /** When it ended, in ms since the run began; null for one that runs. */
  readonly endOf: (place: number) => number | null;
  /** Since the epoch. */
  readonly began: number;
}

/** What was done at the sync service, as barriers with those who came and those who waited. */
export class Barriers {
  readonly #known: Known;
  readonly #places: Place[] = [];
  /** In that list, by state and target. */
  readonly #placeOf = new Map<string, number>();
  readonly #signals = new Map<string, { readonly at: number; readonly by: number }[]>();
  readonly #counts = new Map<string, number>();
  readonly #open = new Map<string, OpenWait[]>();
  readonly #waits: Wait[] = [];
  /** How many moves are not on record. */
  left = 0;

  constructor(known: Known) {
    this.#known = known;
  }

  add(move: MoveRecord): void {
    const of = this.#known.placeOf(move);
    const at = move.at - this.#known.began;
    switch (move.did) {
      case 'more':
        this.left += move.count;
        return;
      case 'signal':
        this.#signalsOf(move.state).push({ at, by: of });
        this.#counts.set(move.state, Math.max(move.seq, this.#counts.get(move.state) ?? 0));
        return;
      case 'wait':
        this.#openOf(of, move).push({ of, barrier: this.#placeOfBarrier(move), from: at });
        return;
      case 'pass':
      case 'leave': {
        const wait = this.#openOf(of, move).shift();
        if (wait !== undefined) this.#waits.push({ ...wait, to: at, passed: move.did === 'pass' });
      }
    }
  }

  /** All of them; those who wait still, or waited when they ended, with them. */
  result(): { readonly barriers: readonly Barrier[]; readonly waits: readonly Wait[] } {
    const open = [...this.#open.values()].flat();
    const lasting = open.map((wait): Wait => ({ ...wait, to: this.#known.endOf(wait.of), passed: false }));
    const awaited = new Set(this.#places.map(({ state }) => state));
    const signalled = [...this.#signals.keys()].filter((state) => !awaited.has(state));
    const places = [...this.#places, ...signalled.map((state): Place => ({ state, target: null }))];
    const barriers = places.map(({ state, target }): Barrier => {
      const arrivals = (this.#signals.get(state) ?? []).toSorted((a, b) => a.at - b.at);
      return {
        state,
        target,
        at: arrivals.map((one) => one.at),
        by: arrivals.map((one) => one.by),
        count: this.#counts.get(state) ?? 0,
      };
    });
    return { barriers, waits: [...this.#waits, ...lasting].sort((a, b) => a.from - b.from) };
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
