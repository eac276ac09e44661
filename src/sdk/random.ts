import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A reproducible random number generator: the same seed gives the same numbers, in the same order. */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plusFromState>;

  /** @param seed an integer, of which 64 bits are used. */
  constructor(seed: bigint) {
    const words = splitMix(seed);
    this.#generator = xoroshiro128plusFromState([...words(), ...words()]);
  }

  /** A number from 0 (inclusive) to 1 (exclusive). */
  next(): number {
    return uniformFloat64(this.#generator);
  }

  /** An integer from `min` to `max`, both inclusive. @throws RangeError for invalid bounds. */
  int(min: number, max: number): number {
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min > max) {
      throw new RangeError(`not the bounds of whole numbers: ${min} to ${max}`);
    }
    return uniformInt(this.#generator, min, max);
  }

  /** One of the values. @throws RangeError if there are none. */
  pick<Value>(values: readonly Value[]): Value {
    if (values.length === 0) throw new RangeError('there is nothing to pick from');
    return values[this.int(0, values.length - 1)] as Value;
  }

  /** The values in random order. */
  shuffle<Value>(values: readonly Value[]): Value[] {
    const shuffled = [...values];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.int(0, last);
      [shuffled[last], shuffled[other]] = [shuffled[other] as Value, shuffled[last] as Value];
    }
    return shuffled;
  }
}

const mask = (1n << 64n) - 1n;

/**
 * SplitMix64 (Steele, Lea, Flood 2014), which derives unrelated states from similar seeds.
 * @returns a function that gives 64 bits at each call, as two words of 32.
 */
function splitMix(seed: bigint): () => [number, number] {
  let state = seed & mask;
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & mask;
    let mixed = state;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & mask;
    mixed ^= mixed >> 31n;
    return [Number(BigInt.asIntN(32, mixed)), Number(BigInt.asIntN(32, mixed >> 32n))];
  };
}
