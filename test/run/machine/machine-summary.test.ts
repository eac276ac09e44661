import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MachineSample } from '../../../src/run/machine/machine-sample.ts';
import { machineSummarySchema } from '../../../src/run/machine/machine-schema.ts';
import { MachineSamples, saturationText } from '../../../src/run/machine/machine-summary.ts';

const sample = (its: Partial<MachineSample>): MachineSample => ({
  ...{ forMs: 1_000, cores: 2, cpu: 0.1, steal: 0, memory: 0.5, load: 1, groups: [], ...its },
});

function summaryOf(samples: readonly Partial<MachineSample>[]) {
  const all = new MachineSamples();
  for (const each of samples) all.add(sample(each));
  return all.summary();
}

const times = (count: number, its: Partial<MachineSample>) => Array.from({ length: count }, () => its);

test('quantiles are over time, not over samples', () => {
  const busy = { forMs: 9_000, cpu: 0.9, steal: 0.08 };
  expect(summaryOf([...times(1, busy), ...times(9, { forMs: 100, memory: 0.7, load: 3.5 })])).toMatchObject({
    ...{ cores: 2, cpu: { p50: 0.9, p95: 0.9, max: 0.9 }, steal: { mean: 0.073, max: 0.08 } },
    ...{ memory_max: 0.7, load_max: 3.5 },
  });
});

test('a machine is saturated if its processors were busy for more than a fifth of the run', () => {
  const its = summaryOf([...times(7, { cpu: 0.96 }), ...times(3, {})]);
  expect(its).toMatchObject({
    ...{
      saturated: true,
      saturated_share: 0.7,
      reason: 'all 2 processors at least 95 % busy for 70 % of the run',
    },
  });
  expect(saturationText(its)).toBe(
    "the machine was saturated for 70 % of the run: latencies may be the machine's",
  );
});

test('a machine is saturated if the hypervisor took a tenth of its time', () => {
  expect(summaryOf([...times(3, { cpu: 0.5, steal: 0.1 }), ...times(3, {})])).toMatchObject({
    ...{ saturated: true, saturated_share: 0.5 },
    reason: 'at least 10 % of processor time taken by the hypervisor for 50 % of the run',
  });
});

test.each([
  ['the processors are just below the limit', times(10, { cpu: 0.949, steal: 0.099 })],
  ['it was busy for a fifth of the run', [...times(4, { cpu: 1 }), ...times(16, {})]],
  ['it was busy for less than 3 s', times(2, { cpu: 1, forMs: 1_400 })],
  ['nothing is known', times(10, { cpu: null, steal: null })],
])('a machine is not saturated if %s', (_, samples) => {
  const its = summaryOf(samples);
  expect(its).toMatchObject({ saturated: false, reason: null });
  expect(saturationText(its)).toBeUndefined();
});

test('there is no summary without samples, and unknown values stay unknown', () => {
  expect(summaryOf([])).toBeNull();
  expect(saturationText(null)).toBeUndefined();
  expect(summaryOf([{ cpu: null, steal: null, memory: null, load: null }])).toMatchObject({
    ...{ cpu: null, steal: null, memory_max: null, load_max: null },
  });
});

test('property: every summary fits the schema of result.json, with quantiles in order', () => {
  const share = fc.option(fc.float({ min: 0, max: 1, noNaN: true }));
  const any = fc.record({ forMs: fc.nat(100_000), cpu: share, steal: share, memory: share });
  fc.assert(
    fc.property(fc.array(any, { minLength: 1 }), (samples) => {
      const its = summaryOf(samples);
      expect(machineSummarySchema.safeParse(its).error).toBeUndefined();
      const { p50 = 0, p95 = 0, max = 0 } = its?.cpu ?? {};
      expect(p50 <= p95 && p95 <= max).toBe(true);
    }),
  );
});
