import { expect, test } from 'vitest';
import type { SeriesRecord } from '../../src/history/series.ts';
import { pageOf } from '../../src/report/page-file.ts';
import { runOutcomes } from '../../src/report/series-data.ts';
import { seriesReport } from '../../src/report/series-report.ts';
import type { SeriesEntry } from '../../src/run/series/series-record.ts';

/** A round with this number of metrics, all different. */
function entryOf(round: number, metrics: number, more: Partial<SeriesEntry> = {}): SeriesEntry {
  const statistics = { count: 100, mean: 1, min: 0, p99: 3, max: 4 };
  return {
    ...{ type: 'run', at: '2026-01-31T12:00:00.000Z', run_id: String(round).padStart(20, '0') },
    ...{ name: 'default', of: 'default', point: {}, round, seed: '123456789012345', instances: 2 },
    ...{ outcome: 'success', reason: '', cause: '', judged: true, took_ms: 1_234 },
    metrics: Array.from({ length: metrics }, (_, index) => ({
      ...{
        name: `metric-${index}`,
        ...statistics,
        p50: Math.sin(round * index),
        p95: Math.cos(round * index),
      },
    })),
    ...more,
  };
}

function seriesOf(entries: readonly SeriesEntry[], more: Partial<SeriesRecord> = {}): SeriesRecord {
  return {
    ...{ id: 's00d24g935sbd40cff63b', at: '2026-01-31T11:00:00.000Z', plan: 'p', case: 't', labels: [] },
    ...{ axes: [], rounds: entries.length, runs: 1, entries, ended: undefined },
    ...more,
  };
}

test('a thousand rounds with twenty metrics are one page below 2 MB, which has all of them', async () => {
  const report = seriesReport(
    seriesOf(Array.from({ length: 1_000 }, (_, round) => entryOf(round, 20))),
    [],
    false,
  );
  expect(report.metrics.map(({ p50 }) => p50.length)).toEqual(Array.from({ length: 20 }, () => 1_000));
  expect(report.gaps).toEqual([]);
  expect(Buffer.byteLength(await pageOf(report))).toBeLessThan(2_000_000);
});

test('metrics beyond the room of a page are counted, and the page stays below 2 MB', async () => {
  const report = seriesReport(
    seriesOf(Array.from({ length: 1_000 }, (_, round) => entryOf(round, 200))),
    [],
    false,
  );
  expect(report.metrics).toHaveLength(75);
  expect(report.gaps).toEqual([expect.stringMatching(/^125 metrics are left out/)]);
  expect(Buffer.byteLength(await pageOf(report))).toBeLessThan(2_000_000);
});

test('outcomes are known by the same numbers on both sides', () => {
  const entries = runOutcomes.map((outcome, round) => entryOf(round, 0, { outcome }));
  expect(seriesReport(seriesOf(entries), [], false).runs.outcome).toEqual([0, 1, 2, 3, 4]);
});

test('rounds that a person or the machine ended do not count as judged', () => {
  const entries = [
    entryOf(1, 0),
    entryOf(2, 0, { outcome: 'failure', reason: 'single[001] failed: x', cause: 'failed: x' }),
    entryOf(3, 0, { outcome: 'canceled', judged: false }),
  ];
  const { points, runs, causes } = seriesReport(seriesOf(entries), [], false);
  expect(points).toMatchObject([{ failed: 1, judged: 2 }]);
  expect([causes, runs.cause]).toEqual([['failed: x'], [-1, 0, -1]]);
});

test.each([
  [{ ended: { type: 'ended', at: '2026-01-31T12:00:00.000Z', cut_short: false } }, [], 'complete'],
  [{ ended: { type: 'ended', at: '2026-01-31T12:00:00.000Z', cut_short: true } }, [], 'cut short'],
  [{}, [{ runId: '1', state: 'processing' }], 'running'],
  [{}, [{ runId: '1', state: 'complete' }], 'interrupted'],
] as const)('its state is known from its end and its runs: %j', (more, kept, state) => {
  expect(seriesReport(seriesOf([entryOf(1, 0)], more), kept as never, false).about.state).toBe(state);
});
