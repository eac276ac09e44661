import { expect, test } from 'vitest';
import { RunTimeline } from '../../src/report/run-timeline.ts';
import { StageTimer } from '../../src/report/stage-times.ts';

const timelineOf = (instances: number) =>
  new RunTimeline({ groups: [{ id: 'single', instances }], created: new Date(0) });

test('has the number of each stage, its quantiles, and the instance in which it took longest', () => {
  const timeline = timelineOf(3);
  for (const [of, tookMs] of [10, 30, 20].entries()) {
    timeline.stage('stage-start', of, 'load', 100);
    timeline.stage('stage-start', of, 'begin', 1);
    timeline.stage('stage-end', of, 'begin', 2);
    timeline.stage('stage-end', of, 'load', 100 + tookMs);
  }
  expect(timeline.timer.times()).toEqual([
    { name: 'begin', count: 3, unended: 0, times: { p50: 1, p95: 1, max: 1, slowest: 0 } },
    { name: 'load', count: 3, unended: 0, times: { p50: 20, p95: 29, max: 30, slowest: 1 } },
  ]);
});

test('a stage that did not report its end has no duration', () => {
  const timeline = timelineOf(2);
  timeline.stage('stage-start', 0, 'load', 5);
  // Begins again without an end.
  timeline.stage('stage-start', 0, 'load', 7);
  timeline.stage('stage-end', 0, 'load', 9);
  timeline.stage('stage-start', 1, 'wait', 10);
  // Ends without a beginning.
  timeline.stage('stage-end', 1, 'load', 50);
  expect(timeline.timer.times()).toEqual([
    { name: 'load', count: 1, unended: 1, times: { p50: 2, p95: 2, max: 2, slowest: 0 } },
    { name: 'wait', count: 0, unended: 1, times: null },
  ]);
});

test('a clock that was set back makes no duration negative', () => {
  const timer = new StageTimer();
  timer.begin('load', 10);
  timer.end('load', 4, 10, 3);
  expect(timer.times()).toMatchObject([{ times: { max: 0, slowest: 4 } }]);
});

test('measures the stages of 200 names, and counts the other names', () => {
  const timer = new StageTimer();
  for (let name = 0; name < 203; name++) timer.begin(`s${name}`, name);
  timer.begin('s202', 300);
  timer.end('s202', 0, 202, 400);
  expect([timer.times().length, timer.refused]).toEqual([200, 3]);
});
