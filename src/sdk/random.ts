import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Chance that can be repeated: the same seed gives the same numbers, in the same order. */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  /** @param seed a whole number, of any size. */
  constructor(seed: bigint) {
    // The generator takes 32 bits: both halves count.
    this.#generator = xoroshiro128plus(Number(BigInt.asIntN(32, seed ^ (seed >> 32n))));
  }

  /** A number from 0 to 1, without 1. */
  next(): number {
    return uniformFloat64(this.#generator);
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return uniformInt(this.#generator, min, max);
  }

  /** One of the values. @throws RangeError where there is none. */
  pick<Value>(values: readonly Value[]): Value {
    const value = values[values.length > 0 ? this.int(0, values.length - 1) : 0];
    if (values.length === 0) throw new RangeError('there is nothing to pick from');
    return value as Value;
  }

  /** The values in another order. */
  shuffle<Value>(values: readonly Value[]): Value[] {
    const shuffled = [...values];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.int(0, last);
      [shuffled[last], shuffled[other]] = [shuffled[other] as Value, shuffled[last] as Value];
    }
    return shuffled;
  }
}
