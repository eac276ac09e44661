import fc from 'fast-check';
import { expect, test } from 'vitest';
import { proportionOf } from '../../src/metrics/proportion.ts';

// 0 of 40 by hand: 1 − 0.05^(1/40). The others from the tables of Clopper and Pearson's method.
test.each([
  [0, 40, 0, 0.0722],
  [0, 1, 0, 0.95],
  [40, 40, 0.9278, 1],
  [3, 60, 0.0104, 0.1392],
  [3, 12, 0.0549, 0.5719],
  [50, 100, 0.3983, 0.6017],
  [1, 1_000, 0.00003, 0.0056],
])('%d of %d has the exact interval %d to %d', (count, of, low, high) => {
  const found = proportionOf(count, of);
  expect([found.low, found.high]).toEqual([expect.closeTo(low, 4), expect.closeTo(high, 4)]);
});

test('property: holds the share, is symmetric, and narrows with more rounds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.double({ min: 0, max: 1, noNaN: true }), (of, share) => {
      const count = Math.round(share * of);
      const { low, high } = proportionOf(count, of);
      expect(low).toBeLessThanOrEqual(count / of);
      expect(high).toBeGreaterThanOrEqual(count / of);
      const turned = proportionOf(of - count, of);
      expect(turned.low).toBeCloseTo(1 - high, 6);
      const more = proportionOf(4 * count, 4 * of);
      expect(more.high - more.low).toBeLessThanOrEqual(high - low);
    }),
  );
});
