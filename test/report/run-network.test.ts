import { expect, test } from 'vitest';
import { readJournalLine } from '../../src/history/events.ts';
import { networkOf, networkSpansIn } from '../../src/report/run-network.ts';
import { RunTimeline } from '../../src/report/run-timeline.ts';
import type { MeasuredNetwork } from '../../src/run/verdict/result.ts';

const began = Date.parse('2026-01-01T00:00:00Z');
const timeline = new RunTimeline({
  groups: [
    { id: 'a', instances: 1 },
    { id: 'b', instances: 2 },
  ],
  created: new Date(began),
});

type Given = readonly [ms: number, group: string, applied: readonly string[], notApplied?: readonly string[]];

/** The records of a journal: when, in ms, which instance asked, and what came of it. */
function journalOf(all: readonly Given[]) {
  return all.map(([ms, group, applied, notApplied = []]) => {
    const what = { applied, notApplied, ...(group === 'a' ? { tookMs: 2 } : {}) };
    const record = { type: 'network-configured', instance: { group, index: 0 }, ...what };
    const its = readJournalLine(JSON.stringify({ ...record, at: new Date(began + ms).toISOString() }));
    if (its === undefined) throw new Error('the journal does not have this record');
    return its;
  });
}

const spansIn = (...all: readonly Given[]) =>
  networkSpansIn(journalOf(all), timeline, (text) => expect.fail(text));

test('a configuration holds until the next one of its instance, one that is not applied changes nothing', () => {
  expect(
    spansIn(
      [100, 'a', ['latency 5 ms']],
      [150, 'b', ['loss 1 %']],
      [200, 'a', [], ['IPv6 ::1']],
      [300, 'a', []],
    ),
  ).toEqual([
    { of: 0, from: 100, to: 200, settings: ['latency 5 ms'], notApplied: [], tookMs: 2 },
    { of: 0, from: 200, to: 300, settings: ['latency 5 ms'], notApplied: ['IPv6 ::1'], tookMs: 2 },
    { of: 0, from: 300, to: null, settings: [], notApplied: [], tookMs: 2 },
    { of: 1, from: 150, to: null, settings: ['loss 1 %'], notApplied: [], tookMs: null },
  ]);
});

test('plain networks have no lane, but for a configuration that was not applied', () => {
  expect(spansIn([100, 'a', []], [200, 'b', []])).toEqual([]);
  expect(spansIn([100, 'a', []], [200, 'b', [], ['latency 5 ms']])).toMatchObject([
    { settings: [], notApplied: [] },
    { settings: [], notApplied: ['latency 5 ms'] },
  ]);
});

test('of too many configurations, the first are shown, and the others counted', () => {
  const gaps: string[] = [];
  const journal = journalOf(Array.from({ length: 17_000 }, (_, ms): Given => [ms, 'a', ['loss 1 %']]));
  const spans = networkSpansIn(journal, timeline, (text) => void gaps.push(text));
  expect(spans).toHaveLength(16_666);
  // The last one ends where the first begins that is not shown.
  expect(spans.at(-1)).toMatchObject({ from: 16_665, to: 16_666 });
  expect(gaps).toEqual(['334 network configurations are not shown']);
});

test('links and pairs are given by the instances and groups of the report', () => {
  const none = { sent_bytes: 0, received_bytes: 0, overflowed: 0, unasked: 0, strayed: 0 };
  const columns = { sent_bytes: [9, 9], received_bytes: [0, 0], overflowed: [0, 0], unasked: [0, 0] };
  const measured: MeasuredNetwork = {
    engine: 'user',
    problems: ['late'],
    lateness_ms: null,
    missed: 0,
    links: [
      { group: 'b', index: 1, sent: 2, received: 0, lost: 1, ...none },
      { group: 'a', index: 0, sent: 0, received: 1, lost: 0, ...none },
    ],
    peers: {
      pairs: { from: [0, 0], to: [1, null], sent: [1, 1], received: [1, 0], lost: [0, 1], ...columns },
      unlisted: 3,
      groups: { from: ['b', 'b'], to: ['a', null], sent: [1, 1], received: [1, 0], lost: [0, 1], ...columns },
    },
  };
  expect(networkOf(measured, ['a', 'b'], timeline.placeOf)).toMatchObject({
    problems: ['late'],
    links: [
      { of: 2, sent: 2, lost: 1 },
      { of: 0, received: 1 },
    ],
    peers: {
      pairs: { from: [2, 2], to: [0, -1], sent: [1, 1], lost: [0, 1] },
      unlisted: 3,
      groups: { from: [1, 1], to: [0, -1] },
    },
  });
  expect(networkOf(null, [], timeline.placeOf)).toBeNull();
});
