import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pickInstances } from '../../src/faults/pick.ts';
import { type FaultTarget, shareNames } from '../../src/plan/fault/fault.ts';

const members = (count: number) => Array.from({ length: count }, (_, index) => ({ group: 'g', index }));
const everyone = { kind: 'all' } as const;

const pick = (share: FaultTarget['pick'], count: number, ended: readonly number[] = [], seed = 's') =>
  pickInstances(
    { pick: share, of: everyone },
    { members: members(count), isRunning: ({ index }) => !ended.includes(index) },
    seed,
    1,
  );

test.each([
  ['one', 5, 1],
  ['half', 5, 2],
  ['half', 4, 2],
  ['minority', 5, 2],
  ['minority', 4, 1],
  ['majority', 5, 3],
  ['majority', 4, 3],
  [3, 5, 3],
  ['all', 5, 5],
] as const)('%s of %i are %i', (share, count, expected) => {
  expect(pick(share, count)).toHaveLength(expected);
});

test('says why there are not enough', () => {
  expect(pick('minority', 2)).toBe('2 have no minority');
  expect(pick(3, 2)).toBe('only 2 of 3 are running');
  expect(pick('majority', 5, [0, 1, 2])).toBe('only 2 of 3 are running');
  expect(pick('all', 2, [0, 1])).toBe('no such instance is running');
  expect(pick('all', 0)).toBe('there is no such instance');
});

const shares = fc.constantFrom(...shareNames);
const seeds = fc.string({ minLength: 1, maxLength: 5 });

test('property: the same seed picks the same ones, of those that run, in their order', () => {
  fc.assert(
    fc.property(shares, fc.integer({ min: 3, max: 30 }), seeds, (share, count, seed) => {
      const picked = pick(share, count, [], seed);
      expect(pick(share, count, [], seed)).toEqual(picked);
      if (typeof picked === 'string') throw new Error(picked);
      expect(picked.map(({ index }) => index)).toEqual(
        [...new Set(picked.map(({ index }) => index))].sort((a, b) => a - b),
      );
    }),
  );
});

test('property: an instance that has ended and was not picked changes nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 30 }), seeds, (count, seed) => {
      const picked = pick('one', count, [], seed);
      if (typeof picked === 'string') throw new Error(picked);
      const [{ index: chosen } = { index: -1 }] = picked;
      const ended = (chosen + 1) % count;
      expect(pick('one', count, [ended], seed)).toEqual(picked);
    }),
  );
});

test('every instance is picked by some seed', () => {
  const chosen = new Set(
    Array.from({ length: 200 }, (_, seed) => JSON.stringify(pick('one', 5, [], `${seed}`))),
  );
  expect(chosen.size).toBe(5);
});
