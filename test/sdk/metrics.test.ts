import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { Ewma, Histogram, Meter } from '../../src/sdk/metrics/instruments.ts';
import { Metrics } from '../../src/sdk/metrics/metrics.ts';
import { tempDir } from '../support/temp.ts';

test('writes each kind of metric with the names of the Go SDK', async () => {
  const dir = await tempDir();
  const metrics = new Metrics(dir, 'results.out', 60_000);
  metrics.recordPoint('p', 1.5);
  metrics.counter('c').inc(2);
  metrics.counter('c').inc();
  metrics.counter('c').dec();
  metrics.gauge('g').update(7);
  metrics.gaugeF('f', () => 8);
  for (const value of [1, 2, 3, 4]) metrics.histogram('h').update(value);
  metrics.meter('m').mark(3);
  expect(await metrics.timer('t').time(() => 'done')).toBe('done');
  const failing = metrics.timer('t').time(() => Promise.reject(new Error('oops')));
  await expect(failing).rejects.toThrow('oops');
  metrics.ewma('e', 0.1).update(1);
  metrics.gauge('untouched');
  expect(() => metrics.gauge('c')).toThrow('metric "c" is a counter already');
  metrics.close();
  const lines = readFileSync(join(dir, 'results.out'), 'utf8').trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^\{"ts":\d{19},"type":/);
  const written = Object.fromEntries(lines.map((line) => [JSON.parse(line).name, JSON.parse(line)]));
  const percentiles = ['p50', 'p75', 'p95', 'p99', 'p999', 'p9999'];
  const distribution = ['count', 'max', 'mean', 'min', 'stddev', 'variance', ...percentiles];
  expect(written['p']).toMatchObject({ type: 'point', measures: { value: 1.5 } });
  expect(written['c']).toMatchObject({ type: 'counter', measures: { count: 2 } });
  expect(written['g']).toMatchObject({ type: 'gauge', measures: { value: 7 } });
  expect(written['untouched']).toMatchObject({ type: 'gauge', measures: { value: 0 } });
  expect(written['f']).toMatchObject({ type: 'gauge', measures: { value: 8 } });
  expect(written['h']).toMatchObject({
    type: 'histogram',
    measures: { count: 4, max: 4, min: 1, mean: 2.5, variance: 1.25, stddev: Math.sqrt(1.25) },
  });
  expect(percentiles.map((name) => written['h'].measures[name])).toEqual(
    [2.5, 3.25, 3.85, 3.97, 3.997, 3.9997].map((value) => expect.closeTo(value, 10)),
  );
  expect(Object.keys(written['h'].measures)).toEqual(distribution);
  expect(written['m']).toMatchObject({ type: 'meter', measures: { count: 3 } });
  expect(Object.keys(written['m'].measures)).toEqual(['count', 'm1', 'm5', 'm15', 'mean']);
  const { count, min, max, mean, meanrate } = written['t'].measures;
  expect([written['t'].type, count, max, mean]).toEqual(['timer', 2, expect.any(Number), (min + max) / 2]);
  expect([min > 0, meanrate > 0]).toEqual([true, true]);
  expect(Object.keys(written['t'].measures)).toEqual([...distribution, 'm1', 'm5', 'm15', 'meanrate']);
  expect(written['e']).toMatchObject({ type: 'ewma', measures: { rate: 0 } });
});

test('a counter restarts at 0 each time it is written', async () => {
  vi.useFakeTimers();
  try {
    const dir = await tempDir();
    const metrics = new Metrics(dir, 'results.out', 1_000);
    metrics.counter('c').inc(5);
    vi.advanceTimersByTime(1_000);
    metrics.setFrequency(100);
    metrics.counter('c').inc(1);
    vi.advanceTimersByTime(100);
    metrics.close();
    const lines = readFileSync(join(dir, 'results.out'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).measures.count)).toEqual([5, 1, 0]);
  } finally {
    vi.useRealTimers();
  }
});

test.each([
  ['no folder', async () => ''],
  ['a folder that does not exist', async () => join(await tempDir(), 'missing')],
])('accepts metrics outside a run, and writes nothing: %s', async (_, folder) => {
  const outputs = await folder();
  const metrics = new Metrics(outputs, 'of-no-run.out', 1_000);
  metrics.recordPoint('p', 1);
  metrics.counter('c').inc();
  metrics.close();
  expect([outputs, join(outputs, 'of-no-run.out')].filter((path) => existsSync(path))).toEqual([]);
});

test('a histogram has the exact count, minimum, maximum and mean of more values than it holds', () => {
  const histogram = new Histogram(10);
  for (let value = 1; value <= 1_000; value++) histogram.update(value);
  expect(histogram.measures()).toMatchObject({ count: 1_000, min: 1, max: 1_000, mean: 500.5 });
});

test('property: a histogram that holds all values has their exact count, minimum, maximum and median', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 100 }),
      (values) => {
        const histogram = new Histogram(100);
        for (const value of values) histogram.update(value);
        const { count, max, min, p50 = Number.NaN } = histogram.measures();
        expect([count, max, min]).toEqual([values.length, Math.max(...values), Math.min(...values)]);
        expect(values.filter((value) => value <= p50).length * 2).toBeGreaterThanOrEqual(values.length);
        expect(values.filter((value) => value >= p50).length * 2).toBeGreaterThanOrEqual(values.length);
      },
    ),
  );
});

test('a moving average changes once every five seconds', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const ewma = new Ewma(0.5);
    ewma.update(10);
    expect(ewma.rate()).toBe(0);
    vi.advanceTimersByTime(5_000);
    expect(ewma.rate()).toBe(2);
    vi.advanceTimersByTime(5_000);
    expect(ewma.rate()).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

test('a meter has its rate since the beginning, and averages over 1, 5 and 15 minutes', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const meter = new Meter();
    meter.mark(4);
    meter.mark(6);
    vi.advanceTimersByTime(5_000);
    expect(meter.measures()).toEqual({ count: 10, m1: 2, m5: 2, m15: 2, mean: 2 });
    vi.advanceTimersByTime(60_000);
    const { m1, m5, m15, mean } = meter.measures();
    expect(mean).toBeCloseTo(10 / 65);
    expect([m1, m5, m15].map((rate = Number.NaN) => rate / 2)).toEqual([
      expect.closeTo(Math.exp(-1)),
      expect.closeTo(Math.exp(-1 / 5)),
      expect.closeTo(Math.exp(-1 / 15)),
    ]);
  } finally {
    vi.useRealTimers();
  }
});
