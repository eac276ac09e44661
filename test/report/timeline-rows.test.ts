import { afterEach, expect, test } from 'vitest';
import type { ReportInstance, RunReport } from '../../src/report/data.ts';
import { chosen, report, zoom } from '../../src/report/page/state.ts';
import { arrowMode, arrows } from '../../src/report/page/timeline/arrows.ts';
import {
  folded,
  order,
  rows,
  runningAt,
  shownOutcomes,
  wantedInstances,
} from '../../src/report/page/timeline/rows.ts';

const empty = report.value;
afterEach(() => {
  report.value = empty;
  folded.value = new Set();
  order.value = 'number';
  shownOutcomes.value = undefined;
  wantedInstances.value = '';
  arrowMode.value = 'marked';
  chosen.value = undefined;
  zoom.value = undefined;
});

const group = (id: string, instances: number) => ({ id, instances, builder: '', expect: '', params: [] });

function show(outcomes: readonly ReportInstance['outcome'][], more: Partial<RunReport> = {}) {
  const half = outcomes.length / 2;
  const instances = outcomes.map(
    (outcome, place): ReportInstance => ({
      ...{ group: place < half ? 0 : 1, index: place % half, outcome, reason: '' },
      ...{ from: place, ready: place + 1, to: place + 10 },
    }),
  );
  report.value = { ...empty, instances, groups: [group('a', half), group('b', half)], ...more };
}

const shown = () =>
  rows.value.map(({ instance, fold }) => (fold === undefined ? instance : `fold ${fold.group}`));

test('shows the instances with the selected outcomes and names, in the selected order', () => {
  show(['success', 'failed', 'aborted', 'success', 'aborted', 'crashed']);
  expect(shown()).toEqual([0, 1, 2, 3, 4, 5]);
  shownOutcomes.value = new Set(['failed', 'crashed']);
  expect(shown()).toEqual([1, 5]);
  shownOutcomes.value = undefined;
  wantedInstances.value = 'b[1-2] a[0]';
  order.value = 'end';
  expect(shown()).toEqual([5, 4, 0]);
});

test('a folded group has one row at the place of its first instance, with how many of it run', () => {
  show(['success', 'success', 'success', 'success', 'failed', 'success']);
  folded.value = new Set([1]);
  expect(shown()).toEqual([0, 1, 2, 'fold 1']);
  order.value = 'trouble';
  expect(shown()).toEqual(['fold 1', 0, 1, 2]);
  const [{ fold } = { fold: undefined }] = rows.value;
  expect(fold?.instances.toSorted()).toEqual([3, 4, 5]);
  // They run from 3, 4 and 5 until 13, 14 and 15.
  expect([2, 3, 4.5, 9, 13, 15].map((ms) => fold && runningAt(fold, ms))).toEqual([0, 1, 2, 3, 2, 0]);
});

const opened: Partial<RunReport> = {
  states: [{ name: 'go', at: [1, 5], by: [0, 2], count: 2 }],
  barriers: [{ state: 0, target: 2 }],
  waits: [
    { of: 0, barrier: 0, from: 1, to: 6, passed: true },
    { of: 2, barrier: 0, from: 5, to: 6.5, passed: true },
    { of: 3, barrier: 0, from: 2, to: 7, passed: true },
    { of: 1, barrier: 0, from: 2, to: 8, passed: false },
  ],
};

test('an arrow leads from the signal that opened a barrier to each instance that went on', () => {
  show(['success', 'success', 'success', 'success'], opened);
  expect(arrows.value.drawn).toEqual([]);
  chosen.value = 3;
  const toThree = { what: 'release', from: { instance: 2, at: 5 }, to: { instance: 3, at: 7 } };
  expect(arrows.value.drawn).toEqual([toThree]);
  arrowMode.value = 'all';
  expect(arrows.value.drawn.map(({ to }) => to.instance)).toEqual([0, 3]);
  zoom.value = { from: 6.8, to: 9 };
  expect(arrows.value.drawn).toEqual([toThree]);
  zoom.value = undefined;
  wantedInstances.value = 'a[0] a[1]';
  expect(arrows.value).toEqual({ drawn: [], all: 0 });
});

test('an arrow leads from the publication of a message to each receipt by another instance', () => {
  const messages = { from: [0, 0], sent: [2, 2], to: [0, 3], got: [3, 4], left: 0 };
  show(['success', 'success', 'success', 'success'], { messages });
  chosen.value = 0;
  expect(arrows.value.drawn).toEqual([
    { what: 'message', from: { instance: 0, at: 2 }, to: { instance: 3, at: 4 } },
  ]);
});

test('of thousands of arrows, 300 are drawn, and all are counted', () => {
  const waits = Array.from({ length: 5_000 }, (_, nth) => ({
    ...{ of: 0, barrier: 0, from: 1, to: 6 + nth / 1_000, passed: true },
  }));
  show(['success', 'success', 'success', 'success'], { ...opened, waits });
  arrowMode.value = 'all';
  expect(arrows.value.all).toBe(5_000);
  expect(arrows.value.drawn).toHaveLength(300);
  expect(arrows.value.drawn.at(-1)?.to.at).toBeGreaterThan(10.9);
});
