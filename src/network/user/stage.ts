import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { burst, queueFrames } from '../queue.ts';
import { isUnshaped, type Shape, unshaped } from '../shape.ts';

/** A chance that depends on the last one, as that of netem does. @see tc-netem(8), CORRELATION */
class CorrelatedChance {
  #last: number;

  constructor(first: number) {
    this.#last = first;
  }

  next(fresh: number, correlation: number): number {
    this.#last = (1 - correlation) * fresh + correlation * this.#last;
    return this.#last;
  }
}

/** What happens to a frame at a stage. */
export interface Fate {
  /** Why it is dropped; undefined if it is not. */
  readonly drop: 'loss' | 'queue' | 'room' | undefined;
  readonly isDuplicated: boolean;
  readonly isCorrupted: boolean;
  /** In ms. */
  readonly delay: number;
}

/** How many frames may wait at one stage, so that it leaves room for others. */
export const mostWaiting = 32_768;

/** A stage with a shape. @param seed four 32-bit numbers, not all of them 0. */
export function newStage(shape: Shape, seed: readonly number[]): Stage {
  const stage = new Stage(seed);
  stage.reshape(shape);
  return stage;
}

/** A place where frames are delayed and lost: the end of a link. Its random choices follow from its seed. */
export class Stage {
  readonly #random: () => number;
  readonly #duplicate: CorrelatedChance;
  readonly #corrupt: CorrelatedChance;
  readonly #reorder: CorrelatedChance;
  /** The number of frames that wait here. */
  waiting = 0;
  #shape: Shape = unshaped;
  #limit = Number.POSITIVE_INFINITY;
  /** When the link is free again, in ms. */
  #free = Number.NEGATIVE_INFINITY;

  /** @param seed four 32-bit numbers, not all of them 0. */
  constructor(seed: readonly number[]) {
    const generator = xoroshiro128plusFromState(seed);
    this.#random = () => uniformFloat64(generator);
    this.#duplicate = new CorrelatedChance(this.#random());
    this.#corrupt = new CorrelatedChance(this.#random());
    this.#reorder = new CorrelatedChance(this.#random());
  }

  get shape(): Shape {
    return this.#shape;
  }

  /** Replaces the shape. What waits for the rate must ask for its departure again. */
  reshape(shape: Shape): void {
    if (shape.bandwidth !== this.#shape.bandwidth) this.#free = Number.NEGATIVE_INFINITY;
    this.#shape = isUnshaped(shape) ? unshaped : shape;
    this.#limit = queueFrames(shape);
  }

  /** Decides what happens to a frame. @param isCopy whether it was duplicated here: then it is not again. */
  fate(isCopy: boolean): Fate {
    const { loss, duplicate, corrupt, reorder, latency, jitter } = this.#shape;
    const isDuplicated =
      !isCopy && this.#happens(this.#duplicate, duplicate, this.#shape.duplicateCorrelation);
    if (loss > 0 && this.#random() < loss)
      return { drop: 'loss', isDuplicated, isCorrupted: false, delay: 0 };
    if (this.waiting >= this.#limit) return { drop: 'queue', isDuplicated, isCorrupted: false, delay: 0 };
    if (this.waiting >= mostWaiting) return { drop: 'room', isDuplicated, isCorrupted: false, delay: 0 };
    const isCorrupted = this.#happens(this.#corrupt, corrupt, this.#shape.corruptCorrelation);
    const overtakes = this.#happens(this.#reorder, reorder, this.#shape.reorderCorrelation);
    const deviation = jitter === 0 ? 0 : (2 * this.#random() - 1) * jitter;
    return {
      drop: undefined,
      isDuplicated,
      isCorrupted,
      delay: overtakes ? 0 : Math.max(0, latency + deviation),
    };
  }

  #happens(chance: CorrelatedChance, share: number, correlation: number): boolean {
    return share > 0 && chance.next(this.#random(), correlation) < share;
  }

  /** When a frame leaves that may leave from now on, in ms. @param bytes its size on the wire. */
  departure(now: number, bytes: number): number {
    const { bandwidth } = this.#shape;
    if (bandwidth === 0) return now;
    const perByte = 8_000 / bandwidth;
    const earliest = Math.max(this.#free, now - burst.ms - burst.bytes * perByte);
    this.#free = earliest + bytes * perByte;
    return Math.max(now, earliest);
  }

  /** A number below a bound, for the bit that is corrupted. */
  below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }
}
