import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textOf } from '../../src/plan/resolve/param-text.ts';

// Expected texts: json.Marshal of Go, as testground encodes values.
test.each<[string, unknown]>([
  ['<a>', '<a>'],
  ['2.5', 2.5],
  ['true', true],
  ['9223372036854775807', 2n ** 63n - 1n],
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['nan', Number.NaN],
  ['1970-01-01T00:00:00.000Z', new Date(0)],
  ['[1,"a",[true]]', [1, 'a', [true]]],
  [
    '{"a":{"c":9223372036854775808,"d":[{"e":2,"f":1}]},"b":1}',
    { b: 1, a: { d: [{ f: 1, e: 2 }], c: 2n ** 63n } },
  ],
  ['{"at":"1970-01-01T00:00:00.000Z"}', { at: new Date(0) }],
  ['["\\u003ca\\u003e \\u0026 b","\\u2028\\u2029"]', ['<a> & b', '\u2028\u2029']],
  ['{"\\u003c":"é\\n"}', { '<': 'é\n' }],
  // Go sorts keys by their bytes in UTF-8, in which U+10000 is after U+FFFD.
  ['{"B":4,"a":3,"\uFFFD":2,"\u{10000}":1}', { '\u{10000}': 1, '\uFFFD': 2, a: 3, B: 4 }],
])('a value has the text %s', (text, value) => {
  expect(textOf(value)).toBe(text);
});

test('property: tables and arrays are JSON with the same value, whatever the order of their keys', () => {
  const key = fc.string().filter((name) => name !== '__proto__' && name !== 'toJSON');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.oneof(fc.string(), fc.integer(), fc.boolean()),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, tree), (table) => {
      const text = textOf(table) ?? '';
      expect(JSON.parse(text)).toEqual({ ...table });
      expect(text).not.toMatch(/[<>&\u2028\u2029]/);
      expect(textOf(Object.fromEntries(Object.entries(table).reverse()))).toBe(text);
    }),
  );
});
