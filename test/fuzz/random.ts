import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Random choices, the same for the same seed. */
export class Chance {
  readonly #generator;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** A whole number from 0 to less than `limit`. */
  below(limit: number): number {
    return (this.#generator.next() >>> 0) % limit;
  }

  of<T>(things: readonly [T, ...T[]] | readonly T[]): T {
    return things[this.below(things.length)] as T;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** The bytes after one to eight edits: bytes overwritten, removed or repeated, pieces inserted or substituted. */
  mutate(bytes: Buffer, pieces: readonly string[]): Buffer {
    let mutant = Buffer.from(bytes);
    for (let left = 1 + this.below(8); left > 0; left--) {
      const at = this.below(mutant.length + 1);
      const length = this.below(Math.min(20, mutant.length - at + 1));
      const [before, middle, after] = [
        mutant.subarray(0, at),
        mutant.subarray(at, at + length),
        mutant.subarray(at + length),
      ];
      const changed = this.of([
        () => [before, this.bytes(1 + this.below(3)), mutant.subarray(at + 1)],
        () => [before, after],
        () => [before, middle, middle, after],
        () => [before, Buffer.from(this.of(pieces)), after],
        () => [before, Buffer.from(this.of(pieces)), mutant.subarray(at)],
      ]);
      mutant = Buffer.concat(changed());
    }
    return mutant;
  }
}

/** The seed: TG_FUZZ_SEED, or a new one each time. It is printed, so that a failure can be repeated. */
export function fuzzSeed(): number {
  const seed = Number(process.env['TG_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
  console.log(`TG_FUZZ_SEED=${seed}`);
  return seed;
}

/** The number of rounds: the long one for `npm run fuzz`, which sets TG_FUZZ=long. */
export function fuzzRounds(short: number, long: number): number {
  return process.env['TG_FUZZ'] === 'long' ? long : short;
}
