import { expect, test } from 'vitest';
import type { RunReport } from '../../src/report/data.ts';
import { arrivals, slowest } from '../../src/report/page/metrics/arrivals.ts';
import { report } from '../../src/report/page/state.ts';

function shown(its: Partial<RunReport>) {
  report.value = { ...report.value, waits: [], movesLeft: 0, ...its };
  return arrivals.value;
}

const states = [{ name: 'turn', at: [1, 5, 6, 90], by: [0, 1, 2, 3], count: 4 }];

test('shows a barrier for each count at which a state is awaited, with its arrivals', () => {
  const all = shown({ states, barriers: [2, 3, 4].map((target) => ({ state: 0, target })) });
  expect(all.map(({ at }) => at)).toEqual([
    [1, 5],
    [1, 5, 6],
    [1, 5, 6, 90],
  ]);
  expect(all.map(({ last }) => last)).toEqual([1, 2, 3]);
  expect(all.map(({ opened }) => opened)).toEqual([true, true, true]);
  expect(slowest(all)).toBe(2);
});

test('shows whether a barrier opened, or that this is unknown because the record is incomplete', () => {
  const barriers = [{ state: 0, target: 9 }];
  expect(shown({ states, barriers })[0]).toMatchObject({ opened: false, last: 3 });
  expect(shown({ states, barriers, movesLeft: 1 })[0]).toMatchObject({ opened: undefined });
  const waits = [{ of: 0, barrier: 0, from: 2, to: 91, passed: true }];
  expect(shown({ states, barriers, waits, movesLeft: 1 })[0]).toMatchObject({ opened: true, passes: [91] });
  const fewer = [{ name: 'turn', at: [1], by: [0], count: 4 }];
  expect(shown({ states: fewer, barriers, movesLeft: 3 })[0]?.last).toBeUndefined();
});
