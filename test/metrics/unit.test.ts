import { expect, test } from 'vitest';
import { toPrometheus } from '../../src/metrics/export/prometheus.ts';
import { Summary } from '../../src/metrics/summary.ts';
import { type DeclaredUnits, unitOf, withUnits } from '../../src/metrics/unit.ts';
import { sample } from './samples.ts';

const unit = (metric: string, type: Parameters<typeof unitOf>[0]['type'] = 'point', tags = '') =>
  unitOf({ metric, type, tags, source: 'results' }, { latency: 'hops', 'rtt.max': 'ms' });

test('a unit that the manifest declares comes first', () => {
  expect(unit('latency')).toBe('hops');
  expect(unit('latency', 'timer')).toBe('hops');
  expect(unit('latency', 'point', 'unit=ms')).toBe('hops');
  expect(unit('rtt.max')).toBe('ms');
});

test('a tag `unit` declares a unit', () => {
  expect(unit('delay', 'point', 'kind=a,unit=km')).toBe('km');
  expect(unit('delay_ms', 'point', 'unit=km')).toBe('km');
});

test('a timer is in nanoseconds, meters and moving averages are rates', () => {
  expect(unit('rtt_ms', 'timer')).toBe('ns');
  expect([unit('requests', 'meter'), unit('requests', 'ewma')]).toEqual(['/s', '/s']);
  expect(unit('sent_bytes', 'meter')).toBe('bytes/s');
});

test.each([
  ...[
    ['find ms', 'ms'],
    ['find_ms', 'ms'],
    ['find.us', 'µs'],
    ['find-µs', 'µs'],
    ['find_seconds', 's'],
  ],
  ...[
    ['read.Bytes', 'bytes'],
    ['distance (hops)', 'hops'],
    ['rate (MB/s)', 'MB/s'],
    ['cpu percent', '%'],
  ],
] as const)('the name %s ends with the unit %s', (name, its) => {
  expect(unit(name)).toBe(its);
});

test.each(['rooms', 'ms', 'items', 'queue_s', 'peers.m', 'bytes', 'a_constructor', 'toString', 'x ()', ''])(
  'no unit is invented for the name "%s"',
  (name) => {
    expect(unit(name)).toBeNull();
    expect(unit(name, 'counter')).toBeNull();
  },
);

test('Prometheus gets the unit as help, unless lines of a family have different ones', () => {
  const run = { runId: 'r', plan: 'p', testCase: 't' };
  const of = (units: DeclaredUnits, ...all: readonly { readonly name: string; readonly tags?: string }[]) => {
    const summary = new Summary();
    for (const each of all) summary.add(sample({ ...each, measures: { value: 1 } }));
    return toPrometheus(withUnits(summary.rows(), units), run).split('\n');
  };
  const lines = of({ latency: 'ms' }, { name: 'latency' });
  const family = 'testground_results_latency_point';
  expect(lines.slice(0, 2)).toEqual([`# HELP ${family} in ms`, `# TYPE ${family} summary`]);
  expect(of({}, { name: 'latency' })[0]).toBe(`# TYPE ${family} summary`);
  expect(of({}, { name: 'latency', tags: 'unit=ms' }, { name: 'latency', tags: 'unit=s' })[0]).toBe(
    `# TYPE ${family} summary`,
  );
});
