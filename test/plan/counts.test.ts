import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countsOf } from '../../src/plan/composition/counts.ts';

type Instances = Parameters<typeof countsOf>[0][number]['instances'];

function counts(total: number, ...all: Instances[]): number[] {
  const members = all.map((instances, index) => ({ id: `g${index}`, where: `at g${index}`, instances }));
  return countsOf(members, { total, where: 'at total' });
}

describe('the instances of the groups', () => {
  test.each<[number, Instances[], number[]]>([
    [0, [{ count: 2 }, { count: 3 }], [2, 3]],
    [5, [{ count: 2 }, { count: 3 }], [2, 3]],
    [4, [{ count: 1 }, { percentage: 0.75 }], [1, 3]],
    [10, [{ percentage: 0.25 }, { percentage: 0.74 }], [3, 7]],
    // 0 is a count like any other, and a percentage of 0 leaves the count.
    [0, [{ count: 0 }, { count: 2 }], [0, 2]],
    [0, [{ count: 2, percentage: 0 }, { percentage: 0 }], [2, 0]],
    [2, [{ count: 0, percentage: 1 }], [2]],
  ])('with a total of %i and %j are %j', (total, all, expected) => {
    expect(counts(total, ...all)).toEqual(expected);
  });

  test.each<[number, Instances[], object]>([
    [0, [{ count: 1 }, {}], { message: 'the number of instances is missing', where: 'at g1' }],
    [
      0,
      [{ count: 1 }, { percentage: 0.5 }],
      { message: 'the percentage 0.5 needs total_instances', where: 'at g1' },
    ],
    [
      6,
      [{ count: 2 }, { percentage: 0.5 }],
      {
        message: 'the groups have 5 instances together, not 6',
        where: 'at total',
        hint: 'g0: 2, g1: 3',
      },
    ],
  ])('with a total of %i and %j are refused', (total, all, problem) => {
    expect(() => counts(total, ...all)).toThrow(expect.objectContaining({ kind: 'usage', ...problem }));
  });

  test('property: always have the total as their sum', () => {
    const instances = fc.oneof(
      fc.record({ count: fc.nat(5) }),
      fc.record({ percentage: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.array(instances, { minLength: 1 }), (total, all) => {
        try {
          expect(counts(total, ...all).reduce((sum, count) => sum + count)).toBe(total);
        } catch (error) {
          expect(String(error)).toMatch(new RegExp(`together, not ${total}$`));
        }
      }),
    );
  });
});
