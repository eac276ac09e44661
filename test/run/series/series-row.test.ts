import { expect, test } from 'vitest';
import { resultLines, roundsTable } from '../../../src/cli/output/series/results.ts';
import type { SeriesRun } from '../../../src/run/series/run-series.ts';
import { rowOf } from '../../../src/run/series/series-row.ts';

function someRun(round: number, instances: number, outcome: 'success' | 'failure' | 'canceled'): SeriesRun {
  const verdict = { group: 'g', outcome: outcome === 'success' ? 'success' : 'failed', reason: 'why' };
  const verdicts = Array.from({ length: instances }, (_, index) => ({ ...verdict, index }));
  const result = {
    ...{ outcome, error: null, stopped: null, thresholds: [], causes: [] },
    groups: [{ id: 'g', instances: verdicts }],
  };
  const spec = {
    ...{ name: 'default', runId: `id-${round}`, seed: `${round}`, testCase: 'c', totalInstances: instances },
    plan: { name: 'p' },
    groups: [{ id: 'g', instances }],
  };
  const begun = outcome !== 'canceled';
  return { spec, round, begun, outcome, error: '', result, ended: {} } as unknown as SeriesRun;
}

test('the row kept for a run does not grow with its instances, and has the first failure as reason', () => {
  const sizeOf = (instances: number) => JSON.stringify(rowOf(someRun(1, instances, 'failure'))).length;
  expect(sizeOf(1_000)).toBeLessThan(sizeOf(1) + 10);
  expect(rowOf(someRun(1, 2, 'failure')).reason).toBe('2 × failed: why');
});

test('a table of rounds counts each run once, and names the first that failed', () => {
  const outcomes = ['success', 'failure', 'failure', 'canceled'] as const;
  const rows = outcomes.map((outcome, index) => rowOf(someRun(index + 1, 2, outcome)));
  expect(resultLines(rows)).toEqual([
    'result default[id-1]: success',
    'result default[id-2]: failure',
    'result default[id-3]: failure',
    'result default[N/A]: canceled',
  ]);
  const table = roundsTable(rows, 0);
  expect(table).toMatch(/default +3 +1 +2 +0 +0 +0 +66\.7 %/);
  expect(table).toContain('the first that failed: default, round 2, run ID id-2, --seed 2');
});
