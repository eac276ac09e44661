import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scaleOf, ticks, tickText } from '../../src/report/page/metrics/scale.ts';

test.each([
  [0, 500, '0'],
  [250, 250, '0.25 s'],
  [1_000, 250, '1.00 s'],
  [2_500, 2_500, '2.5 s'],
  [2_000, 1_000, '2 s'],
  [300, 100, '0.3 s'],
  [20, 10, '20 ms'],
  [2.5, 0.5, '2.5 ms'],
  [1_020, 20, '1.02 s'],
])('labels a tick at %j ms in steps of %j', (ms, step, text) => expect(tickText(ms, step)).toBe(text));

test('property: ticks are in the span, in order, at least 100 px apart, and have different labels', () => {
  // In whole µs, like the times of a run.
  const spans = fc
    .tuple(fc.nat(1e9), fc.integer({ min: 100, max: 1e9 }))
    .map(([from, width]) => ({ from: from / 1_000, to: (from + width) / 1_000 }));
  fc.assert(
    fc.property(spans, fc.integer({ min: 100, max: 3_000 }), (span, width) => {
      const scale = scaleOf(span, 0, width);
      const { at, words } = ticks(span, scale);
      for (const [place, ms] of at.entries()) {
        expect(ms).toBeGreaterThanOrEqual(span.from - 1e-6);
        expect(ms).toBeLessThanOrEqual(span.to + 1e-6);
        if (place > 0) expect(scale.x(ms) - scale.x(at[place - 1] ?? 0)).toBeGreaterThan(100);
      }
      // Labels may be equal if the times are so late that a step is less than a millionth of them.
      if (span.to - span.from > span.to / 1e5) expect(new Set(at.map(words)).size).toBe(at.length);
    }),
  );
});
