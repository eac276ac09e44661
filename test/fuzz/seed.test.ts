import { expect, test, vi } from 'vitest';
import { Chance, fuzzSeed } from './random.ts';

test('the same TG_FUZZ_SEED gives the same mutants', () => {
  vi.stubEnv('TG_FUZZ_SEED', '7');
  const tried = () => {
    const chance = new Chance(fuzzSeed());
    return Array.from({ length: 100 }, () => chance.mutate(Buffer.from('some bytes'), ['x']).toString('hex'));
  };
  expect(tried()).toEqual(tried());
  vi.unstubAllEnvs();
});
