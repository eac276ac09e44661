import { nowMs } from '../os/clock.ts';
import { truncate } from '../util/truncate.ts';
import type { Emit } from './events/events.ts';

/** A build as it stands at a moment: for people who look. */
export interface Building {
  readonly plan: string;
  readonly builder: string;
  readonly groups: readonly string[];
  /** What is in work, in words; undefined where the builder has not said. */
  readonly doing: string | undefined;
  /** When it began, in ms since the epoch. */
  readonly began: number;
}

/** When it is told that a build goes on, in ms after its beginning; after the last of them every minute. */
const toldAfterMs = [5_000, 30_000, 60_000];
const minuteMs = 60_000;
/** What is in work is said in so many characters. */
const mostCharacters = 120;

/** Says now and then that a build goes on, and what is in work, until disposed of. */
export class BuildWatch implements Disposable {
  readonly #emit: Emit;
  readonly #onBuilding: (building: Building | undefined) => void;
  #building: Building;
  #timer: NodeJS.Timeout | undefined;
  #told = 0;

  constructor(
    about: Pick<Building, 'plan' | 'builder' | 'groups'>,
    emit: Emit,
    onBuilding: (building: Building | undefined) => void = () => {},
  ) {
    this.#emit = emit;
    this.#onBuilding = onBuilding;
    this.#building = { ...about, doing: undefined, began: nowMs() };
    onBuilding(this.#building);
    this.#wait();
  }

  /** Learns what is in work. */
  readonly progress = (doing: string): void => {
    this.#building = { ...this.#building, doing: truncate(doing, mostCharacters) };
    this.#onBuilding(this.#building);
  };

  #wait(): void {
    const last = toldAfterMs.at(-1) ?? 0;
    const at = toldAfterMs[this.#told] ?? last + (this.#told - toldAfterMs.length + 1) * minuteMs;
    this.#told++;
    const elapsed = nowMs() - this.#building.began;
    this.#timer = setTimeout(() => this.#tell(), Math.max(0, at - elapsed)).unref();
  }

  #tell(): void {
    const { builder, groups, doing, began } = this.#building;
    this.#emit({ type: 'building', builder, groups, doing, elapsedMs: Math.round(nowMs() - began) });
    this.#wait();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#onBuilding(undefined);
  }
}
