import { expect, test } from 'vitest';
import { thresholdsOf } from '../../src/report/metric-thresholds.ts';

const none = { below: null, above: null, group: null };
const latency = { metric: 'latency', type: 'point' } as const;

test('a threshold has a line for each of its bounds, with its tags and its group', () => {
  const all = [
    { ...none, metric: 'latency', stat: 'p95', below: 250, above: 1 },
    { ...none, metric: 'latency,hop=1', stat: 'max', below: 9, group: 'clients' },
    { ...none, metric: 'latency2', stat: 'max', below: 3 },
  ] as const;
  expect(thresholdsOf(latency, all)).toEqual([
    { text: 'p95 < 250', value: 250 },
    { text: 'p95 > 1', value: 1 },
    { text: 'max < 9, hop=1 @clients', value: 9 },
  ]);
});

test('a bound on a count is among the values of counters only', () => {
  const all = [
    { ...none, metric: 'latency', stat: 'count', above: 10 },
    { ...none, metric: 'latency', stat: 'mean', above: 2 },
  ] as const;
  expect(thresholdsOf(latency, all)).toEqual([{ text: 'mean > 2', value: 2 }]);
  expect(thresholdsOf({ ...latency, type: 'counter' }, all)).toEqual([{ text: 'count > 10', value: 10 }]);
});
