import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ActivityRecord } from '../../src/history/activity-log.ts';
import { Barriers } from '../../src/report/barriers.ts';

const began = 1_000;

function barriersOf(entries: readonly ActivityRecord[], ends: ReadonlyMap<number, number> = new Map()) {
  const barriers = new Barriers({
    placeOf: ({ index }) => index,
    endOf: (place) => ends.get(place) ?? null,
    began,
  });
  for (const activityEntry of entries) barriers.add(activityEntry);
  return { ...barriers.result(), left: barriers.left };
}

const by = (index: number, at: number) => ({ group: 'g', index, at: began + at });

test('a wait lasts from its start until it passes', () => {
  const { states, barriers, waits } = barriersOf([
    { ...by(0, 1), did: 'signal', state: 's', seq: 1 },
    { ...by(0, 2), did: 'wait', state: 's', target: 2 },
    { ...by(1, 9), did: 'signal', state: 's', seq: 2 },
    { ...by(0, 9.5), did: 'pass', state: 's', target: 2 },
  ]);
  expect(states).toEqual([{ name: 's', at: [1, 9], by: [0, 1], count: 2 }]);
  expect(barriers).toEqual([{ state: 0, target: 2 }]);
  expect(waits).toEqual([{ of: 0, barrier: 0, from: 2, to: 9.5, passed: true }]);
});

test('a wait that does not pass lasts until its instance ends or leaves', () => {
  const wait = { ...by(3, 5), did: 'wait', state: 's', target: 2 } as const;
  expect(barriersOf([wait]).waits).toEqual([{ of: 3, barrier: 0, from: 5, to: null, passed: false }]);
  expect(barriersOf([wait], new Map([[3, 8]])).waits).toMatchObject([{ to: 8, passed: false }]);
  const given = { ...by(3, 7), did: 'leave', state: 's', target: 2 } as const;
  expect(barriersOf([wait, given]).waits).toMatchObject([{ to: 7, passed: false }]);
});

test('a state with two targets is two barriers, and a state that no instance awaits is kept, too', () => {
  const { states, barriers } = barriersOf([
    { ...by(0, 1), did: 'signal', state: 'alone', seq: 1 },
    { ...by(0, 2), did: 'wait', state: 's', target: 1 },
    { ...by(1, 2), did: 'wait', state: 's', target: 2 },
    { ...by(1, 3), did: 'signal', state: 's', seq: 7 },
  ]);
  expect(barriers.map(({ state, target }) => [states[state]?.name, target, states[state]?.count])).toEqual([
    ['s', 1, 7],
    ['s', 2, 7],
    ['alone', null, 1],
  ]);
});

const entry = fc.record({
  ...{ index: fc.nat(3), at: fc.nat(100), state: fc.constantFrom('a', 'b') },
  target: fc.constantFrom(1, 2, 3, null),
});

test('property: keeps every signal and every wait once, whatever their order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(entry, fc.constantFrom('signal', 'wait', 'pass', 'more' as const))),
      (all) => {
        const entries = all.map(([{ state, ...its }, did], place): ActivityRecord => {
          const who = { ...by(its.index, its.at) };
          if (did === 'signal') return { ...who, did, state, seq: place + 1 };
          if (did === 'more') return { ...who, did, count: 2 };
          return { ...who, did, state, target: its.target } as ActivityRecord;
        });
        const { states, barriers, waits, left } = barriersOf(entries);
        const count = (did: string) => entries.filter((each) => each.did === did).length;
        const signals = states.map(({ at }) => at.length);
        expect(signals.reduce((sum, each) => sum + each, 0)).toBe(count('signal'));
        for (const { at } of states) expect(at).toEqual(at.toSorted((a, b) => a - b));
        expect(waits).toHaveLength(count('wait'));
        expect(left).toBe(2 * count('more'));
        for (const { barrier } of waits) expect(states[barriers[barrier]?.state ?? -1]).toBeDefined();
        // The size does not grow with the number of targets that a state has.
        expect(signals.length).toBeLessThanOrEqual(2);
      },
    ),
  );
});
