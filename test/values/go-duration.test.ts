import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseGoDuration } from '../../src/values/go-duration.ts';

test.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['250ms', 250],
  ['1us', 0.001],
  ['1µs', 0.001],
  ['-2s', -2_000],
  ['0', 0],
])('parses %s as %d ms', (text, ms) => {
  expect(parseGoDuration(text)).toBeCloseTo(ms, 9);
});

test.each(['', '5', '1.5', 's', '1 s', '1d', '5s ', 'ten', '1s2', '.s', '--1s'])(
  'refuses %j as a duration',
  (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  },
);

test('property: parses formatted whole seconds back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seconds) => {
      expect(parseGoDuration(formatDuration(seconds * 1_000))).toBe(seconds * 1_000);
    }),
  );
});

test.each([
  [-5_000, '0ms'],
  [-0.1, '0ms'],
  [999.6, '1s'],
  [59_960, '1m'],
  [59_940, '59.9s'],
  [3_599_999, '1h'],
])('formats %d ms as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
