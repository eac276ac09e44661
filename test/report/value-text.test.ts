import { expect, test } from 'vitest';
import { valueText } from '../../src/report/page/metrics/value-text.ts';

test.each([
  [25_500_000, 'ns', '25.5 ms'],
  [999, 'ns', '999 ns'],
  [1_000, 'ns', '1 µs'],
  [0.000_25, 's', '250 µs'],
  [12_345.678, 'ms', '12.35 s'],
  [-2_500, 'ms', '-2.5 s'],
  [90, 's', '90 s'],
  [0.5, 'ns', '0.5 ns'],
  [1_536, 'bytes', '1.536 kB'],
  [512, 'bytes', '512 bytes'],
  [2_500_000, 'bytes/s', '2.5 MB/s'],
  [2.34567, '/s', '2.346/s'],
  [12.3456, '%', '12.35 %'],
  [7, 'hops', '7 hops'],
  [0, 'ms', '0 ms'],
  [12.3456, null, '12.35'],
  [Number.NaN, 'ms', '–'],
])('%d with the unit %s is %s', (value, unit, text) => {
  expect(valueText(value, unit)).toBe(text);
});
