import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filterOf } from '../../src/metrics/filter.ts';
import { summarise } from '../../src/metrics/summary.ts';
import { given, sample } from './samples.ts';

const rowsOf = async (...samples: Parameters<typeof sample>[0][]) =>
  await summarise(given(samples.map(sample)));

/** The measures of a timer or a histogram. */
const distribution = (count: number, value: number) => ({
  ...{ count, mean: value, min: value - 1, max: value + 1, stddev: 0 },
  ...{ p50: value, p95: value, p99: value },
});

describe('the summary of a metric', () => {
  test('of points covers every value', async () => {
    const values = Array.from({ length: 101 }, (_, index) => index);
    const [row] = await rowsOf(...values.map((value) => ({ measures: { value } })));
    expect(row).toMatchObject({
      count: 101,
      mean: 50,
      min: 0,
      p50: 50,
      p95: 95,
      p99: 99,
      max: 100,
      least: null,
    });
  });

  test('of counters has the total of all instances, and statistics over the totals of each', async () => {
    const counts = [
      { instance: 0, measures: { count: 2 } },
      { instance: 0, measures: { count: 3 } },
      { instance: 1, measures: { count: 10 } },
    ];
    const [row] = await rowsOf(...counts.map((its) => ({ ...its, type: 'counter' }) as const));
    expect(row).toMatchObject({ count: 15, mean: 7.5, min: 5, max: 10 });
  });

  test('of meters covers the last sample of each instance', async () => {
    const said = [
      { instance: 0, measures: { count: 2, mean: 1 } },
      { instance: 0, measures: { count: 6, mean: 3 } },
      { instance: 1, measures: { count: 10, mean: 5 } },
    ];
    const [row] = await rowsOf(...said.map((its) => ({ ...its, type: 'meter' }) as const));
    expect(row).toMatchObject({ count: 16, mean: 4, min: 3, max: 5 });
  });

  test('of moving averages covers their rates', async () => {
    const [row] = await rowsOf(
      { type: 'ewma', measures: { rate: 5 } },
      { type: 'ewma', measures: { rate: 7 } },
    );
    expect(row).toMatchObject({ metric: 'm', count: 2, mean: 6 });
  });

  test.each(['timer', 'histogram'] as const)(
    'of a %s covers the last sample of each instance, with bounds for quantiles',
    async (type) => {
      const [row] = await rowsOf(
        { type, instance: 0, measures: distribution(1, 1_000) },
        { type, instance: 0, measures: distribution(30, 10) },
        { type, instance: 1, measures: distribution(10, 50) },
        { type, instance: 2, measures: { count: 0 } },
      );
      expect(row).toMatchObject({
        count: 40,
        mean: 20,
        min: 9,
        max: 1_001,
        p95: 50,
        least: { p50: 10, p95: 10, p99: 10 },
      });
    },
  );

  test('of a histogram that is reset at each write covers all its samples', async () => {
    const [row] = await rowsOf(
      { type: 'histogram', measures: distribution(30, 10) },
      { type: 'histogram', measures: distribution(10, 50) },
    );
    expect(row).toMatchObject({ count: 40, mean: 20, max: 51 });
    // The same count each time with other values: it is reset, too.
    const [same] = await rowsOf(
      { type: 'histogram', measures: distribution(10, 500) },
      { type: 'histogram', measures: distribution(10, 5) },
      { type: 'histogram', measures: distribution(10, 6) },
    );
    expect(same).toMatchObject({ count: 30, min: 4, max: 501, p95: 500 });
  });

  test('keeps the minimum and maximum of earlier samples', async () => {
    const [row] = await rowsOf(
      { type: 'histogram', measures: distribution(10, 500) },
      { type: 'histogram', measures: distribution(20, 5) },
    );
    expect(row).toMatchObject({ count: 20, min: 4, max: 501, p95: 5 });
  });

  test('of one instance has exact quantiles', async () => {
    const [row] = await rowsOf({ type: 'timer', measures: distribution(30, 10) });
    expect(row).toMatchObject({ p95: 10, least: null });
  });

  test('has no row for a timer without values, or a point without a value', async () => {
    expect(await rowsOf({ type: 'timer', measures: { count: 0 } }, { measures: { other: 1 } })).toEqual([]);
  });

  test('has a row for each field of a pushed point', async () => {
    const rows = await rowsOf({
      type: 'pushed',
      source: 'pushed',
      name: 'disk',
      measures: { free: 1, value: 2 },
    });
    expect(rows.map(({ metric, mean }) => [metric, mean])).toEqual([
      ['disk', 2],
      ['disk.free', 1],
    ]);
  });

  test('has separate rows for groups, tags, sources and types, with results first', async () => {
    const measures = { value: 1 };
    const rows = await rowsOf(
      { measures, source: 'diagnostics' },
      { measures, group: 'b' },
      { measures, group: 'a' },
      { measures, tags: 'k=v', group: 'a' },
      { measures, type: 'gauge', group: 'a' },
    );
    expect(rows.map(({ source, tags, group, type }) => [source, tags, group, type].join(' '))).toEqual([
      'results  a point',
      'results  a gauge',
      'results  b point',
      'results k=v a point',
      'diagnostics  single point',
    ]);
  });
});

/** The smallest value that at least a share `p` of the values does not exceed. */
function quantileOf(sorted: readonly number[], p: number): number {
  return sorted[Math.ceil(p * sorted.length) - 1] ?? Number.NaN;
}

test('property: a quantile over all instances lies within the bounds of the summary', async () => {
  const values = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.array(values, { minLength: 1, maxLength: 5 }), async (instances) => {
      const said = instances.map((all, instance) => {
        const sorted = all.toSorted((a, b) => a - b);
        const at = (p: number) => quantileOf(sorted, p);
        const measures = {
          ...{ count: all.length, mean: all.reduce((sum, each) => sum + each, 0) / all.length },
          ...{ min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0, p50: at(0.5), p95: at(0.95), p99: at(0.99) },
        };
        return { type: 'timer', instance, measures } as const;
      });
      const [row] = await rowsOf(...said);
      const all = instances.flat().toSorted((a, b) => a - b);
      expect(row).toMatchObject({ count: all.length, min: all[0], max: all.at(-1) });
      for (const [name, p] of [
        ['p50', 0.5],
        ['p95', 0.95],
        ['p99', 0.99],
      ] as const) {
        expect(quantileOf(all, p)).toBeGreaterThanOrEqual(row?.least?.[name] ?? row?.[name] ?? Number.NaN);
        expect(quantileOf(all, p)).toBeLessThanOrEqual(row?.[name] ?? Number.NaN);
      }
      expect(row?.mean).toBeCloseTo(all.reduce((sum, each) => sum + each, 0) / all.length, 6);
    }),
  );
});

test('filters samples by name, instance, source and time', () => {
  const isWanted = (
    filter: Parameters<typeof filterOf>[0],
    its: Partial<Parameters<typeof sample>[0]> = {},
  ) =>
    filterOf(filter)(
      sample({ measures: {}, name: 'rtt.ms', tags: 'k=v', group: 'a', instance: 3, ns: 10n, ...its }),
    ) !== undefined;
  expect(isWanted({})).toBe(true);
  expect(['rtt.ms', 'rtt*', '*ms', 'rtt.ms,k=v', 'r*s'].map((name) => isWanted({ names: [name] }))).toEqual(
    Array(5).fill(true),
  );
  expect(['rtt', 'rtt?ms', 'RTT.MS', 'rtt.ms,'].map((name) => isWanted({ names: [name] }))).toEqual(
    Array(4).fill(false),
  );
  expect(isWanted({ instances: [{ group: 'a', index: 3 }] })).toBe(true);
  expect(isWanted({ instances: [{ group: 'b', index: 3 }] })).toBe(false);
  expect(isWanted({ sources: ['pushed'] })).toBe(false);
  expect([9n, 10n, 11n].map((ns) => isWanted({ sinceNs: 10n, untilNs: 10n }, { ns }))).toEqual([
    false,
    true,
    false,
  ]);
  const cpu = sample({ type: 'pushed', name: 'cpu', tags: 'host=a', measures: { idle: 1, busy: 2 } });
  for (const name of ['cpu.idle', 'cpu.i*', 'cpu.idle,host=a'])
    expect(filterOf({ names: [name] })(cpu)?.measures).toEqual({ idle: 1 });
});
