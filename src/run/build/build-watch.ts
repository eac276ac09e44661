import { nowMs } from '../../os/clock.ts';
import { truncate } from '../../util/truncate.ts';
import type { Emit } from '../events/events.ts';

/** The progress of a build, for display. */
export interface Building {
  readonly plan: string;
  readonly builder: string;
  readonly groups: readonly string[];
  /** The current step, as text; undefined if the builder has not reported one. */
  readonly doing: string | undefined;
  /** When the build began, in ms since the epoch. */
  readonly began: number;
}

/** When a running build is reported, in ms after it began; after the last of these, every minute. */
const reportAfterMs = [5_000, 30_000, 60_000];
const minuteMs = 60_000;
/** The current step is truncated to this many characters. */
const maxCharacters = 120;

/** Reports a running build and its current step from time to time, until disposed of. */
export class BuildWatch implements Disposable {
  readonly #emit: Emit;
  readonly #onBuilding: (building: Building | undefined) => void;
  #building: Building;
  #timer: NodeJS.Timeout | undefined;
  #reported = 0;

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

  /** Takes the current step. */
  readonly progress = (doing: string): void => {
    this.#building = { ...this.#building, doing: truncate(doing, maxCharacters) };
    this.#onBuilding(this.#building);
  };

  #wait(): void {
    const last = reportAfterMs.at(-1) ?? 0;
    const at = reportAfterMs[this.#reported] ?? last + (this.#reported - reportAfterMs.length + 1) * minuteMs;
    this.#reported++;
    const elapsed = nowMs() - this.#building.began;
    this.#timer = setTimeout(() => this.#report(), Math.max(0, at - elapsed)).unref();
  }

  #report(): void {
    const { builder, groups, doing, began } = this.#building;
    this.#emit({ type: 'building', builder, groups, doing, elapsedMs: Math.round(nowMs() - began) });
    this.#wait();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#onBuilding(undefined);
  }
}
