import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runsThatFit } from '../../../src/run/series/runs-that-fit.ts';

const machine = (cpu: number, memory: number | null) => ({
  cpu: { p50: cpu, p95: 1, max: 1 },
  memory_max: memory,
});

test.each([
  ['nothing is known', null, 0.2, 8],
  ['it needs a fifth of the processors', machine(0.2, null), null, 4],
  ['it needs more than half of them', machine(0.6, null), null, 1],
  ['it saturates them', machine(1, null), null, 1],
  ['it needs a tenth of the memory, and a fifth is in use', machine(0.01, 0.3), 0.2, 7],
  ['the memory is full', machine(0.01, 0.95), 0.9, 1],
  ['memory was freed meanwhile', machine(0.01, 0.2), 0.3, 8],
  ['its processors are not known', { cpu: null, memory_max: null }, null, 8],
])('of at most 8 runs, as many fit as the machine has room for, if %s', (_, its, before, fit) => {
  expect(runsThatFit(8, { machine: its, tookMs: 9_000, beside: 1, memoryBefore: before })).toBe(fit);
});

test('what several runs needed together is shared among them', () => {
  const observed = { machine: machine(0.9, 0.5), tookMs: 9_000, beside: 3, memoryBefore: 0.2 };
  expect(runsThatFit(8, observed)).toBe(3);
  expect(runsThatFit(8, { ...observed, machine: machine(0.3, 0.52) })).toBe(6);
});

test('a run of less than three seconds says nothing about the next ones', () => {
  const observed = { machine: machine(1, 1), tookMs: 2_900, beside: 1, memoryBefore: 0.2 };
  expect(runsThatFit(8, observed)).toBe(8);
});

test('property: at least one run fits, at most as many as asked, and fewer if a run needs more', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const count = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(count, count, share, share, share, (jobs, beside, cpu, memory, memoryBefore) => {
      const fitAt = (its: number) =>
        runsThatFit(jobs, { machine: machine(its, memory), tookMs: 9_000, beside, memoryBefore });
      const fit = fitAt(cpu);
      expect(fit).toBeGreaterThanOrEqual(1);
      expect(fit).toBeLessThanOrEqual(jobs);
      expect(fitAt(Math.min(1, cpu + 0.1))).toBeLessThanOrEqual(fit);
    }),
  );
});
