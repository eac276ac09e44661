import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Mask } from '../../src/outputs/mask.ts';
import { openFiles } from '../support/open-files.ts';
import { folderWith } from '../support/temp.ts';

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

test('the mask covers overlapping secrets, single lines of a secret, and JSON escapes', () => {
  const mask = new Mask(['abcd', 'cdefgh', 'first line\nsecond line', 'pässwörter', 'a/bc']);
  expect(mask.text('xabcdefghx')).toBe('x***x');
  expect(mask.text('the second line')).toBe('the ***');
  expect(mask.text('p\\u00e4ssw\\u00f6rter P p\\u00E4ssw\\u00F6rter')).toBe('*** P ***');
  expect(mask.text('a\\/bc')).toBe('***');
  expect(mask.data({ abcd: ['abcd', 1, null] })).toEqual({ '***': ['***', 1, null] });
});

test('the mask covers the beginning of a truncated secret', () => {
  const mask = new Mask(['abcdefgh', 'pässwörter']);
  expect(mask.text('it said abcdefg…')).toBe('it said ***…');
  expect(mask.text("to 'abcd…' and on")).toBe("to '***…' and on");
  expect(mask.text('p\\u00e4ssw\uFFFD… (a long line)')).toBe('***\uFFFD… (a long line)');
  expect(mask.text('abc… abcd')).toBe('abc… abcd');
});

test('property: a masked stream has stars for exactly the bytes of the secrets, and holds back less than one', async () => {
  const word = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('a', 'b', 'c') });
  await fc.assert(
    fc.asyncProperty(
      fc.array(word, { minLength: 1, maxLength: 3 }),
      fc.string({ maxLength: 60, unit: fc.constantFrom('a', 'b', 'c', 'd') }),
      fc.integer({ min: 1, max: 9 }),
      async (secrets, text, size) => {
        const expected = [...text];
        for (const secret of secrets) {
          for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1))
            expected.fill('*', at, at + secret.length);
        }
        const longest = Math.max(...secrets.map(({ length }) => length));
        let masked = '';
        async function* chunks() {
          for (let at = 0; at < text.length; at += size) {
            expect(at - masked.length).toBeLessThan(longest);
            yield Buffer.from(text.slice(at, at + size));
          }
        }
        for await (const chunk of new Mask(secrets).stream(chunks())) masked += chunk.toString();
        expect(masked).toBe(expected.join(''));
      },
    ),
    { numRuns: 1_000 },
  );
});

test('property: a masked stream contains no secret and keeps its length, whatever the chunk size', async () => {
  const word = fc.string({ minLength: 4, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(word, { minLength: 1, maxLength: 3 }),
      fc.array(fc.oneof(fc.string(), fc.nat(2)), { maxLength: 20 }),
      fc.integer({ min: 1, max: 9 }),
      async (secrets, parts, size) => {
        const text = parts.map((part) => (typeof part === 'string' ? part : (secrets[part] ?? ''))).join('');
        const bytes = Buffer.from(text);
        async function* chunks() {
          for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
        }
        const masked: Buffer[] = [];
        for await (const chunk of new Mask(secrets).stream(chunks())) masked.push(Buffer.from(chunk));
        const all = Buffer.concat(masked);
        expect(all.length).toBe(bytes.length);
        for (const secret of secrets) {
          if (/^\*+$/.test(secret)) continue;
          expect(all.includes(Buffer.from(secret))).toBe(false);
        }
      },
    ),
  );
});

const codeOf = (unit: string) => unit.charCodeAt(0).toString(16).padStart(4, '0');
const escapes =
  (which: RegExp, hex = codeOf) =>
  (text: string) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replace(which, (unit) => `\\u${hex(unit)}`);

/** How programs and SDKs write a text. */
const writers: Readonly<Record<string, (text: string) => string>> = {
  'plain text': (text) => text,
  'JSON by JavaScript': (text) => JSON.stringify(text).slice(1, -1),
  'JSON by Go': escapes(/[<>&\u2028\u2029]/g),
  'JSON by Python': escapes(/[\u007f-\uffff]/g),
  'ASCII JSON with capital letters': escapes(/[\u007f-\uffff]/g, (unit) => codeOf(unit).toUpperCase()),
  'JSON with escaped slashes': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'a tag for InfluxDB': (text) =>
    [...text].map((unit) => (', ='.includes(unit) ? `\\${unit}` : unit)).join(''),
};

test.each(Object.keys(writers))('property: masks a secret in %s', async (writer) => {
  const units = [
    ...'yz,= /"\\\n\t<>&\u2028\u2029é€',
    '😀',
    ...(/Python|ASCII/.test(writer) ? ['\u007f'] : []),
  ];
  const secret = fc.string({ unit: fc.constantFrom(...units), minLength: 4, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(secret, fc.integer({ min: 1, max: 40 }), async (value, size) => {
      const mask = new Mask([value]);
      const text = writers[writer]?.(value) ?? '';
      expect(mask.text(`x${text}x`)).toBe('x***x');
      const bytes = Buffer.from(`x${text}x`);
      async function* chunks() {
        for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
      }
      const masked: Buffer[] = [];
      for await (const chunk of mask.stream(chunks())) masked.push(chunk);
      expect(Buffer.concat(masked).toString()).toBe(`x${'*'.repeat(bytes.length - 2)}x`);
    }),
  );
});

test('masks lines of four characters or more, wherever a secret has its line breaks', () => {
  const mask = new Mask(['ab\nfour\r\nlonger line\nabc']);
  expect(mask.text('ab abc; four; longer line')).toBe('ab abc; ***; ***');
  expect(mask.text('<ab\nfour\r\nlonger line\nabc>')).toBe('<***>');
});

test('masks texts, numbers and keys in data, and nothing else', () => {
  const data = { is: true, no: null, missing: undefined, port: 2345, all: [12345, '12345', { a12345: 1 }] };
  const bare = Object.assign(Object.create(null), { text: 'is 12345' });
  expect(new Mask(['12345']).data({ ...data, bare })).toEqual({
    ...{ is: true, no: null, missing: undefined, port: 2345 },
    all: ['***', '***', { 'a***': 1 }],
    bare: { text: 'is ***' },
  });
});

test('a mask without secrets, or only an empty one, changes nothing', async () => {
  for (const secrets of [[], ['']]) {
    const mask = new Mask(secrets);
    expect(mask.isEmpty).toBe(true);
    expect(mask.text('abcd…')).toBe('abcd…');
    const data = { a: ['abcd'] };
    expect(mask.data(data)).toBe(data);
  }
  expect(new Mask(['', 'abcd']).isEmpty).toBe(false);
});

test('masks a file of several pieces, skips a missing one, and leaves none open', {
  tags: ['linux'],
}, async () => {
  const mask = new Mask(['s3cr3t']);
  const mebibyte = 1024 * 1024;
  const dir = await folderWith({ x: `${'x'.repeat(mebibyte - 3)}s3cr3t${'y'.repeat(mebibyte)}s3cr3t` });
  const path = join(dir, 'x');
  await mask.file(path);
  const masked = `${'x'.repeat(mebibyte - 3)}******${'y'.repeat(mebibyte)}******`;
  expect(readFileSync(path, 'utf8') === masked).toBe(true);
  await mask.file(join(dir, 'missing'));
  expect(openFiles()).not.toContain(realpathSync(path));
});
