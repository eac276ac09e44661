import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rangesOf } from '../../src/plan/instance-ranges.ts';

const inGroup = (group: string, numbers: readonly number[]) => numbers.map((index) => ({ group, index }));

test('formats instances as ranges, by group', () => {
  expect(rangesOf([...inGroup('a', [7, 1, 0, 2]), ...inGroup('b', [3])])).toBe('a[0-2,7], b[3]');
  expect(rangesOf([])).toBe('');
});

test('counts the instances of the ranges beyond the first twenty', () => {
  const even = Array.from({ length: 30 }, (_, at) => at * 4);
  const text = rangesOf([...inGroup('a', [...even, 117, 118]), ...inGroup('b', [0, 1, 2])]);
  expect(text).toBe('a[0,4,8,12,16,20,24,28,32,36,40,44,48,52,56,60,64,68,72,76] and 15 more');
});

test('property: names or counts each instance once, in a short text', () => {
  const numbers = fc.uniqueArray(fc.nat(2_000), { maxLength: 600 });
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const text = rangesOf([...inGroup('a', a), ...inGroup('b', b)]);
      const named = [...text.matchAll(/(\d+)(?:-(\d+))?(?=[\],])/g)].map(
        ([, first, last]) => Number(last ?? first) - Number(first) + 1,
      );
      const more = Number(/ and (\d+) more$/.exec(text)?.[1] ?? 0);
      expect(named.reduce((sum, count) => sum + count, more)).toBe(a.length + b.length);
      expect(text.length).toBeLessThan(300);
    }),
  );
});
