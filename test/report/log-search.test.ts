import { beforeEach, expect, test } from 'vitest';
import { lineKinds } from '../../src/report/data.ts';
import { found, query } from '../../src/report/page/log/search.ts';
import { chosen, logFilter, report, zoom } from '../../src/report/page/state.ts';

const lines = [
  [0, 'MESSAGE', 'the ledger adds up'],
  [1, 'MESSAGE', 'the ledger does not add up: 41'],
  [1, 'FAIL', 'not 42 (really) /home/x/y peers[3]'],
  [-1, 'WARN', 'no progress'],
] as const;

beforeEach(() => {
  const instance = { group: 0, outcome: 'success', reason: '', from: 0, ready: 1, to: 9 } as const;
  report.value = {
    ...report.value,
    groups: [{ id: 'single', instances: 2, builder: '', expect: 'success', params: [] }],
    instances: [3, 12].map((index) => ({ ...instance, index })),
    about: { ...report.value.about, tookMs: 10 },
    log: {
      at: [1, 2, 3, 4],
      of: lines.map(([of]) => of),
      kind: lines.map(([, kind]) => lineKinds.indexOf(kind)),
      text: lines.map(([, , text]) => text),
    },
  };
  zoom.value = undefined;
  chosen.value = undefined;
  logFilter.value = { text: '', group: undefined, kinds: undefined, onlyChosen: false, onlyShown: false };
});

test.each([
  ['', [0, 1, 2, 3]],
  ['  ', [0, 1, 2, 3]],
  ['ledger', [0, 1]],
  ['LEDGER not', [1]],
  ['"ledger does"', [1]],
  ['"ledger does', [1]],
  ['ledger -not', [0]],
  ['-ledger', [2, 3]],
  ['single[3]', [0]],
  ['single[003] adds', [0]],
  ['single[12]', [1, 2]],
  ['(really)', [2]],
  ['tg', [3]],
  ['fail', [2]],
  ['/4[12]/', [1, 2]],
  ['/^single.*LEDGER/i', [0, 1]],
  ['/home/x/y', [2]],
  ['peers[3]', [2]],
  ['"peers[3]"', [2]],
  ['"single[3]"', []],
  ['/[/', [0, 1, 2, 3]],
  ['nowhere', []],
])('finds lines for the query %j', (text, expected) => {
  logFilter.value = { ...logFilter.value, text };
  expect(found.value).toEqual(expected);
});

test('has no query for an invalid regular expression', () => {
  for (const [text, isOne] of [
    ['/[/', false],
    ['/a/q', true],
    ['/a/', true],
    ['[', true],
  ] as const) {
    logFilter.value = { ...logFilter.value, text };
    expect(query.value !== undefined, text).toBe(isOne);
  }
});

test('filters lines by instance, kind and visible time span', () => {
  chosen.value = 1;
  logFilter.value = { ...logFilter.value, onlyChosen: true };
  expect(found.value).toEqual([1, 2]);
  logFilter.value = { ...logFilter.value, kinds: new Set(['FAIL']) };
  expect(found.value).toEqual([2]);
  logFilter.value = { ...logFilter.value, kinds: undefined, onlyChosen: false, onlyShown: true };
  zoom.value = { from: 1.5, to: 3.5 };
  expect(found.value).toEqual([1, 2]);
});
