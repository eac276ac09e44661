import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimeHeap } from '../../../src/network/user/time-heap.ts';

test('property: numbers come out by time, equal times in the order in which they were added', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { freq: 3 })), (steps) => {
      const heap = new TimeHeap();
      const expected: { readonly time: number; readonly item: number }[] = [];
      for (const [item, time] of steps.entries()) {
        if (time !== null) {
          heap.add(time, item);
          expected.push({ time, item });
          // A stable sort.
          expected.sort((a, b) => a.time - b.time);
        } else if (expected.length > 0) {
          expect(heap.next).toBe(expected[0]?.time);
          expect(heap.take()).toBe(expected.shift()?.item);
        }
      }
      expect(expected.map(() => heap.take())).toEqual(expected.map(({ item }) => item));
      expect(heap.next).toBe(Number.POSITIVE_INFINITY);
    }),
  );
});

test('keeps the order of more numbers than it has room for at first', () => {
  const heap = new TimeHeap();
  for (let item = 0; item < 5_000; item++) heap.add((item * 7_919) % 1_000, item);
  const times = Array.from({ length: 5_000 }, () => (heap.take() * 7_919) % 1_000);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(() => heap.take()).toThrow('empty');
});
