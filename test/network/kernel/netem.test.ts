import { describe, expect, test } from 'vitest';
import { limitOf, needsNetem, netemOf, rateOf } from '../../../src/network/kernel/netem.ts';
import { unshaped } from '../../../src/network/shape.ts';

describe('a shape for the kernel', () => {
  test('has its times in nanoseconds, and its shares as they are', () => {
    const shape = { ...unshaped, latency: 12.5, jitter: 3, loss: 0.1, corrupt: 0.2, corruptCorrelation: 0.3 };
    expect(netemOf(shape, 7n)).toMatchObject({
      ...{ latency: 12_500_000, jitter: 3_000_000, loss: 0.1, corrupt: 0.2, corruptCorrelation: 0.3 },
      ...{ duplicate: 0, reorder: 0, seed: 7n },
    });
  });

  test('has a rate in bytes, with a burst of a millisecond and 1,600 bytes', () => {
    expect(rateOf({ ...unshaped, bandwidth: 8_000_000 })).toEqual({
      bytesPerSecond: 1_000_000,
      burst: 1_000_000 + 1_600_000,
    });
    expect(rateOf(unshaped).bytesPerSecond).toBeGreaterThan(50e9);
  });

  test('has a queue for what its latency holds, and 1,000 frames', () => {
    const megabit = 1e6;
    expect(limitOf({ ...unshaped, bandwidth: megabit })).toBe(1_000);
    expect(limitOf({ ...unshaped, bandwidth: 100 * megabit, latency: 100 })).toBe(1_000 + 826);
    expect(limitOf({ ...unshaped, latency: 100 })).toBe(65_536);
  });

  test.each(['latency', 'jitter', 'loss', 'duplicate', 'reorder', 'corrupt'] as const)(
    'needs netem for its %s',
    (name) => expect(needsNetem({ ...unshaped, bandwidth: 1e6, [name]: 0.5 })).toBe(true),
  );

  test('needs no netem for a rate', () => {
    expect(needsNetem(unshaped)).toBe(false);
    expect(needsNetem({ ...unshaped, bandwidth: 1 })).toBe(false);
  });
});
