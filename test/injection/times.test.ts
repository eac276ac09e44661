import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timesOf } from '../../src/faults/times.ts';

const seeds = fc.string({ maxLength: 5 });

test('a fault at a time happens then, and one on a cue at no time', () => {
  expect([...timesOf({ kind: 'at', atMs: 5_000 }, 's', 1)]).toEqual([5_000]);
  const cue = { on: 'end' } as const;
  const moment = { kind: 'cue', cue, by: null, count: 1, times: 1, afterMs: 0 } as const;
  expect([...timesOf(moment, 's', 1)]).toEqual([]);
});

test('property: once between two times, the same for the same seed', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 10_000 }), seeds, (fromMs, length, seed) => {
      const moment = { kind: 'between', fromMs, untilMs: fromMs + length } as const;
      const times = [...timesOf(moment, seed, 1)];
      expect(times).toHaveLength(1);
      expect(times[0]).toBeGreaterThanOrEqual(fromMs);
      expect(times[0]).toBeLessThan(fromMs + length);
      expect([...timesOf(moment, seed, 1)]).toEqual(times);
    }),
  );
});

test('property: again and again, in order, each within its jitter', () => {
  const everies = fc.integer({ min: 10, max: 1_000 });
  fc.assert(
    fc.property(
      everies,
      fc.nat(500),
      fc.integer({ min: 1, max: 50 }),
      seeds,
      (everyMs, share, times, seed) => {
        const jitterMs = (everyMs * share) / 1_000;
        const moment = { kind: 'every', everyMs, jitterMs, fromMs: 100, untilMs: null, times } as const;
        const all = [...timesOf(moment, seed, 1)];
        expect(all).toHaveLength(times);
        for (const [nth, time] of all.entries())
          expect(Math.abs(time - 100 - nth * everyMs)).toBeLessThanOrEqual(jitterMs + 100);
        expect(all).toEqual(all.toSorted((a, b) => a - b));
      },
    ),
  );
});

test('until its latest time', () => {
  const moment = { kind: 'every', everyMs: 10, jitterMs: 0, fromMs: 5, untilMs: 35, times: null } as const;
  expect([...timesOf(moment, 's', 1)]).toEqual([5, 15, 25]);
});
