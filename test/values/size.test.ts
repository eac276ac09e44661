import { expect, test } from 'vitest';
import { parseSize } from '../../src/values/size.ts';

// The values are those of dustin/go-humanize, ParseBytes.
test.each([
  ['42', 42],
  ['42B', 42],
  ['42 b', 42],
  ['1k', 1_000],
  ['1KB', 1_000],
  ['64KiB', 65_536],
  ['64ki', 65_536],
  ['1.5 MB', 1_500_000],
  ['2 GiB', 2_147_483_648],
  ['1,024', 1_024],
])('parses %s as %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['', 'KB', '1 potato', '-1', '1iB', '0x10'])('refuses %j as a size', (text) => {
  expect(parseSize(text)).toBeUndefined();
});
