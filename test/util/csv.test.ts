import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine } from '../../src/util/csv.ts';

test.each([
  ['=1+1', "'=1+1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['+cmd|x', "'+cmd|x"],
  ['-2+3', "'-2+3"],
  ['=a,"b"', '"\'=a,""b"""'],
  ['\t=1', "'\t=1"],
  ['-5', '-5'],
  ['+1.5e-9', '+1.5e-9'],
  ['latency', 'latency'],
  ['', ''],
])('writes the cell %j as %s', (cell, written) => {
  expect(csvLine([cell])).toBe(`${written}\n`);
});

test('property: writes no text as a formula, and leaves numbers unchanged', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '"', ',', 'a', '1') }),
      (text) => {
        const [first = '', second = ''] = csvLine([text]);
        const begins = first === '"' ? second : first;
        expect('=@\t\r'.includes(begins) && begins !== '').toBe(false);
        if ('+-'.includes(begins) && begins !== '') expect(Number.isFinite(Number(text))).toBe(true);
      },
    ),
  );
  fc.assert(
    fc.property(fc.double(), (value) => {
      expect(csvLine([value])).toBe(`${value}\n`);
    }),
  );
});
