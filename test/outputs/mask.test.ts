import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Mask } from '../../src/outputs/mask.ts';

/** Few characters, so that texts contain beginnings of secrets, and these contain others. */
const few = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'a', 'a', 'b', '…', '\uFFFD'), maxLength });

/** What should be masked, by brute force: each occurrence of a secret, and its longest beginning before each cut. */
function covered(text: string, secret: string): boolean[] {
  const places = [...text].map(() => false);
  const cover = (start: number, end: number) => places.fill(true, start, end);
  for (let at = 0; at < text.length; at++) if (text.startsWith(secret, at)) cover(at, at + secret.length);
  for (const { index } of text.matchAll(/\uFFFD*…/g)) {
    for (let length = Math.min(secret.length - 1, index); length >= 4; length--) {
      if (!text.startsWith(secret.slice(0, length), index - length)) continue;
      cover(index - length, index);
      break;
    }
  }
  return places;
}

test('property: masks the longest beginning of a secret before each cut', () => {
  fc.assert(
    fc.property(few(40), fc.array(few(12), { maxLength: 4 }), fc.nat(12), (rest, parts, at) => {
      const secret = `aab${rest}`;
      const text = parts.map((part) => `${part}${secret.slice(0, at)}…`).join('');
      const places = covered(text, secret);
      const masked = new Mask([secret]).text(text);
      const seen = [...text].filter((_, index) => !places[index]).join('');
      expect(masked.replaceAll('***', '')).toBe(seen);
      expect(masked.includes('***')).toBe(places.includes(true));
    }),
    { numRuns: 1_000 },
  );
});

test('masks a text with 200,000 cuts, and leaves one with 400,000 half characters unchanged', () => {
  const mask = new Mask([`${'a'.repeat(8)}${'b'.repeat(32_000)}`]);
  expect(mask.text('aaaa…'.repeat(200_000))).toBe('***…'.repeat(200_000));
  expect(mask.text(`${'\uFFFD'.repeat(400_000)}x…`)).toBe(`${'\uFFFD'.repeat(400_000)}x…`);
});
