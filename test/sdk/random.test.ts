import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random, RunEnv } from '../../src/sdk/index.ts';
import { parseRunParams } from '../../src/sdk/run-params.ts';

const seed = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });

test('property: the same seed gives the same numbers, all within their bounds', () => {
  fc.assert(
    fc.property(seed, fc.integer({ min: -100, max: 100 }), fc.nat(1_000), (its, min, more) => {
      const [one, other] = [new Random(its), new Random(its)];
      for (let round = 0; round < 5; round++) {
        const number = one.next();
        expect(other.next()).toBe(number);
        expect(number >= 0 && number < 1).toBe(true);
        const whole = one.int(min, min + more);
        expect(other.int(min, min + more)).toBe(whole);
        expect(whole >= min && whole <= min + more && Number.isInteger(whole)).toBe(true);
      }
    }),
  );
});

test('property: a shuffle keeps the values, and a pick is one of them', () => {
  fc.assert(
    fc.property(seed, fc.array(fc.integer(), { minLength: 1 }), (its, values) => {
      const random = new Random(its);
      expect(random.shuffle(values).sort((a, b) => a - b)).toEqual([...values].sort((a, b) => a - b));
      expect(values).toContain(random.pick(values));
    }),
  );
  expect(() => new Random(1n).pick([])).toThrow(RangeError);
});

test('different seeds give different numbers, even if they differ in their upper half only', () => {
  const numbers = [1n, 2n, 1n + 2n ** 32n, 2n ** 62n].map((its) => new Random(its).next());
  expect(new Set(numbers).size).toBe(numbers.length);
  // Neighbouring seeds do not begin with similar numbers.
  const firsts = Array.from({ length: 100 }, (_, index) => new Random(BigInt(index)).next());
  expect([Math.min(...firsts) < 0.1, Math.max(...firsts) > 0.9]).toEqual([true, true]);
  expect(new Random(0n).next()).not.toBe(new Random((5n << 32n) | 5n).next());
});

test('refuses invalid bounds', () => {
  for (const [min, max] of [
    [5, 1],
    [0.5, 2],
    [Number.NaN, 1],
    [0, 2 ** 60],
  ] as const) {
    expect(() => new Random(1n).int(min, max)).toThrow(RangeError);
  }
});

test('a run environment takes its seed from TEST_SEED', () => {
  const env = () => new RunEnv(parseRunParams({ TEST_SEED: '77' }));
  expect(env().random.next()).toBe(new Random(77n).next());
  expect(new RunEnv(parseRunParams({})).random.next()).not.toBe(new RunEnv(parseRunParams({})).random.next());
});
