import { expect, test } from 'vitest';
import { readJournalLine } from '../../src/history/events.ts';
import { faultSpansIn } from '../../src/report/run-faults.ts';
import { RunTimeline } from '../../src/report/run-timeline.ts';

const began = Date.parse('2026-01-01T00:00:00Z');
const timeline = new RunTimeline({ groups: [{ id: 'a', instances: 3 }], created: new Date(began) });

type Step = readonly [
  ms: number,
  did: string,
  fault: number,
  kind: string,
  nth: number,
  ...of: readonly number[],
];

const spansOf = (steps: readonly Step[], onGap: (text: string) => void = (text) => expect.fail(text)) =>
  faultSpansIn(
    steps.map(([ms, did, fault, kind, nth, ...of]) => {
      const instances = of.map((index) => ({ group: 'a', index }));
      const at = new Date(began + ms).toISOString();
      const its = readJournalLine(
        JSON.stringify({ type: 'fault', at, did, fault, kind, nth, text: kind, instances }),
      );
      if (its === undefined) throw new Error('the journal does not have this record');
      return its;
    }),
    timeline,
    onGap,
  );

test('a fault that happens once is a moment, and one that lasts ends when it is undone', () => {
  expect(
    spansOf([
      [100, 'inject', 1, 'kill', 1, 2],
      [150, 'inject', 2, 'pause', 1, 0, 1],
      [200, 'inject', 2, 'pause', 2, 0],
      [300, 'heal', 2, 'pause', 1, 0, 1],
      [400, 'inject', 3, 'disconnect', 1, 1],
      [450, 'fail', 1, 'kill', 0],
    ]),
  ).toEqual([
    { text: 'kill', of: [2], from: 100, to: 100 },
    { text: 'pause', of: [0, 1], from: 150, to: 300 },
    { text: 'pause', of: [0], from: 200, to: null },
    { text: 'disconnect', of: [1], from: 400, to: null },
  ]);
});

test('of too many faults, the first are shown, and the others counted', () => {
  const gaps: string[] = [];
  const steps = Array.from({ length: 5_010 }, (_, nth): Step => [nth, 'inject', 1, 'kill', nth, 0]);
  expect(spansOf(steps, (text) => void gaps.push(text))).toHaveLength(5_000);
  expect(gaps).toEqual(['10 faults are not shown']);
});
