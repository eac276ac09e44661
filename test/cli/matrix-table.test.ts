import { expect, test } from 'vitest';
import {
  type MatrixRow,
  matrixTable,
  shownValues,
  unmeasured,
} from '../../src/cli/output/series/matrix-table.ts';
import { readShownMetric } from '../../src/plan/shown-metric.ts';

const shown = [{ metric: 'latency', stat: 'p95' }] as const;

function row(
  point: MatrixRow['point'],
  outcome: MatrixRow['outcome'],
  more: Partial<MatrixRow> = {},
): MatrixRow {
  const name = `default-${JSON.stringify(point)}`;
  const base = { name, of: 'default', point, outcome, tookMs: 1_000, values: [undefined] };
  return { ...base, ...more } as MatrixRow;
}

test('has a line for each combination, with its outcomes and the medians of its rounds', () => {
  const rows = [
    row({ n: '20' }, 'success', { values: [10], tookMs: 1_000 }),
    row({ n: '60' }, 'success', { values: [11] }),
    row({ n: '20' }, 'failure', { values: [30], tookMs: 3_000 }),
    row({ n: '60' }, 'canceled', { tookMs: undefined }),
    row({ n: '20' }, 'success', { values: [20], tookMs: 2_000 }),
  ];
  expect(matrixTable(rows, shown)).toBe(
    [
      '',
      'n   outcome                latency:p95  took',
      '20  2 success, 1 failure            20  2.0s',
      '60  1 success, 1 canceled           11  1.0s',
      '',
    ].join('\n'),
  );
});

test('names the run if a composition has several, and says what was not measured', () => {
  const rows = [row({ n: '1' }, 'success', { of: 'a' }), row({ n: '2' }, 'success', { of: 'b' })];
  expect(
    matrixTable(rows, shown)
      .split('\n')
      .slice(1, 3)
      .map((line) => line.split(/ {2,}/)),
  ).toEqual([
    ['run', 'n', 'outcome', 'latency:p95', 'took'],
    ['a', '1', 'success', '–', '1.0s'],
  ]);
});

test('there is none without a matrix and without metrics', () => {
  expect(matrixTable([row({}, 'success')], [])).toBe('');
  expect(matrixTable([row({}, 'success', { values: [7] })], shown)).toBe(
    '\noutcome  latency:p95  took\nsuccess            7  1.0s\n',
  );
});

test('a metric that no run has measured is named, with those that there are', () => {
  const rows = [row({}, 'success', { values: [undefined, 1] }), row({}, 'success', { values: [2, 1] })];
  const asked = [...shown, { metric: 'bytes', stat: 'p50' }] as const;
  expect(unmeasured(rows, asked, new Set(['latency', 'bytes']))).toEqual([]);
  const wrong = [{ metric: 'latncy', stat: 'p50' }] as const;
  expect(unmeasured([row({}, 'success')], wrong, new Set(['latency', 'bytes']))).toEqual([
    'no run has measured "latncy". Did you mean latency?',
  ]);
});

test('takes the value of a metric by its name and statistic', () => {
  const statistics = { count: 1, mean: 2, min: 3, p50: 4, p95: 5, p99: 6, max: 7 };
  const measured = [
    { name: 'latency,hop=1', ...statistics, p95: 50 },
    { name: 'latency', ...statistics },
  ];
  const asked = ['latency:p95', 'latency', 'latency,hop=1:p95', 'latenc:p95'].map((text) =>
    readShownMetric(text, '--metric'),
  );
  expect(shownValues(asked, measured)).toEqual([5, 4, 50, undefined]);
});

test.each(['', ':p95', 'latency:p96', 'latency:p95:x'])('%j is not a metric and a statistic', (text) => {
  expect(() => readShownMetric(text, '--metric')).toThrow('not a metric and a statistic');
});
