import { expect, test } from 'vitest';
import type { MachineReading } from '../../../src/os/machine.ts';
import { sampleBetween } from '../../../src/run/machine/machine-sample.ts';

const before: MachineReading = {
  ...{ at: 0, cores: 2, quota: null, memory: 0.5, load: 1 },
  time: { all: 1_000, idle: 800, stolen: 10 },
};

test('a sample has the shares of the time between two readings, and the state at the second', () => {
  const after = { at: 1_000, time: { all: 1_200, idle: 850, stolen: 30 }, memory: 0.61234, load: 1.234 };
  expect(sampleBetween(before, { ...before, ...after }, [])).toEqual({
    ...{ forMs: 1_000, cores: 2, cpu: 0.75, steal: 0.1, memory: 0.612, load: 1.23, groups: [] },
  });
});

test('what a system does not report is null', () => {
  const unknown = { ...before, time: null, memory: null, load: null };
  const nothing = { cpu: null, steal: null, memory: null, load: null };
  expect(sampleBetween(unknown, { ...unknown, at: 1_000 }, [])).toMatchObject(nothing);
  // The counters have not moved.
  expect(sampleBetween(before, { ...before, at: 1 }, [])).toMatchObject({ cpu: null, steal: null });
  const other = { ...before, time: { all: 1_000, idle: 800, stolen: null } };
  const later = { ...other, at: 1_000, time: { all: 1_100, idle: 850, stolen: null } };
  expect(sampleBetween(other, later, [])).toMatchObject({ cpu: 0.5, steal: null });
});

test('a container that uses its limit is busy, even if the processors of its host are not', () => {
  const limited = { ...before, cores: 1.5, quota: { cores: 1.5, usedMs: 100 } };
  const after = {
    at: 1_000,
    time: { all: 1_200, idle: 990, stolen: 10 },
    quota: { cores: 1.5, usedMs: 1_600 },
  };
  expect(sampleBetween(limited, { ...limited, ...after }, [])).toMatchObject({ cores: 1.5, cpu: 1 });
});
