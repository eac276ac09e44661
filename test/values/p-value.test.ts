import { expect, test } from 'vitest';
import { pValue } from '../../src/values/p-value.ts';
import { percentRange } from '../../src/values/percent.ts';

test.each([
  [0, '<0.0001'],
  [0.00009, '<0.0001'],
  [0.0001, '0.0001'],
  [0.0286, '0.0286'],
  [1, '1.0000'],
])('the p-value %d is written %s', (p, text) => {
  expect(pValue(p)).toBe(text);
});

test.each([
  [[-0.021, 0.125], '-2.1..+12.5 %'],
  [[0, 2], '0.0..+200.0 %'],
] as const)('the range %j is written %s', (range, text) => {
  expect(percentRange(range)).toBe(text);
});
