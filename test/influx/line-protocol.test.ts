import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPoints } from '../../src/influx/line-protocol.ts';

const now = 1_700_000_000_123_456_789n;

test.each([
  ['ns', '1700000000000000001', '1700000000000000001'],
  ['n', '5', '5'],
  ['u', '1700000000000001', '1700000000000001000'],
  ['ms', '1700000000001', '1700000000001000000'],
  ['s', '1700000001', '1700000001000000000'],
  ['m', '28333333', '1699999980000000000'],
  ['h', '472222', '1699999200000000000'],
  ['s', '-1', '-1000000000'],
])('converts timestamps to nanoseconds: %s %s', (precision, given, expected) => {
  expect(readPoints(`m v=1 ${given}`, precision, now).lines).toEqual([`m v=1 ${expected}`]);
});

test.each([
  ['a point without a timestamp', 'm v=1', [`m v=1 ${now}`]],
  ['tags and several fields', 'm,a=b,c=d v=1,w=2i,x=t,y="z" 7', ['m,a=b,c=d v=1,w=2i,x=t,y="z" 7']],
  [
    'escaped characters',
    String.raw`m\ \,x,a\=b=c\ d v\ w="a\"b\\" 7`,
    [String.raw`m\ \,x,a\=b=c\ d v\ w="a\"b\\" 7`],
  ],
  ['spaces and commas in a string', 'm v="a b, c=d #e" 7', ['m v="a b, c=d #e" 7']],
  ['a line break in a string', 'm v="a\nb" 7\nm v=2 8', ['m v="a\nb" 7', 'm v=2 8']],
  ['empty lines, comments, CRLF', '\n# nothing\r\nm v=1 7\r\n\r\n  m v=2 8  \n', ['m v=1 7', 'm v=2 8']],
  ['an empty body', '', []],
])('reads %s', (_, body, lines) => {
  expect(readPoints(body, 'ns', now)).toEqual({ lines, problems: [] });
});

test.each([
  ['m'],
  ['m v'],
  ['m v='],
  ['m,a v=1'],
  [',a=b v=1'],
  ['m v=1 now'],
  ['m v=1 7 8'],
  ['m v="open 7'],
])('names an invalid line and reads the others: %s', (line) => {
  expect(readPoints(`good v=1 7\n${line}\ngood v=2 8`, 'ns', now)).toEqual({
    lines: ['good v=1 7', 'good v=2 8'],
    problems: [`unable to parse '${line}'`],
  });
});

test('takes a quote in a tag literally, and reads a string of 20 MB', () => {
  const text = 'x'.repeat(20_000_000);
  const lines = ['m,t="x f=1 1', 'm,t="y f=2 2', `m f="${text}" 3`];
  expect(readPoints(lines.join('\n'), 'ns', now)).toEqual({ lines, problems: [] });
});

const escaped = (text: string) => text.replaceAll(/[ ,=]/g, (character) => `\\${character}`);
const word = fc
  .string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(...'abc ,="#é') })
  .filter((text) => !text.startsWith('#') && !text.includes('"'));
const text = fc.string({ maxLength: 12, unit: fc.constantFrom(...'ab ,=\n\\"#') });
const quoted = (value: string) => `"${value.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;

test('property: splits any body into its points without losing or changing any', () => {
  const points = fc.array(
    fc.record({
      name: word,
      tags: fc.array(fc.tuple(word, word), { maxLength: 3 }),
      fields: fc.array(
        fc.tuple(
          word,
          fc.oneof(
            fc.integer().map((n) => `${n}i`),
            text.map(quoted),
          ),
        ),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      at: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(points, (all) => {
      const lines = all.map(({ name, tags, fields, at }) => {
        const tagged = tags.map(([key, value]) => `,${escaped(key)}=${escaped(value)}`).join('');
        return `${escaped(name)}${tagged} ${fields.map(([key, value]) => `${escaped(key)}=${value}`).join(',')} ${at}`;
      });
      expect(readPoints(lines.join('\n'), 'ns', now)).toEqual({ lines, problems: [] });
    }),
  );
});
