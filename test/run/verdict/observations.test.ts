import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { LogLines } from '../../../src/report/log-lines.ts';
import type { RunEvent } from '../../../src/run/events/events.ts';
import { NetworkCounts } from '../../../src/run/events/network-counts.ts';
import { ObservationStore } from '../../../src/run/verdict/observations.ts';

function longLine(index: number, stream: 'stdout' | 'stderr'): Extract<RunEvent, { type: 'line' }> {
  // A separate string for each line, as if it was read from a file.
  const text = Buffer.alloc(1024 * 1024, stream === 'stdout' ? 'x' : ' error').toString('utf8');
  const instance = { group: 'single', index };
  return { type: 'line', instance, stream, text, event: undefined, offset: 0, elapsedMs: 0, at: 0 };
}

/** The size of the heap that is still in use after garbage collection, in bytes. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('an excerpt of a long line does not keep the line itself in memory', () => {
  const before = heapInUse();
  const facts = new ObservationStore();
  const log = new LogLines(100);
  for (let index = 0; index < 50; index++) {
    for (const stream of ['stdout', 'stderr'] as const) {
      const line = longLine(index, stream);
      facts.learn(line);
      log.add(index, 0, 'OTHER', line.text);
    }
  }
  expect(heapInUse() - before).toBeLessThan(20 * 1024 * 1024);
  expect(facts.of({ group: 'single', index: 49 }).lastOutput).toBe(`${'x'.repeat(300)}…`);
  expect(log.log().text.length).toBe(100);
});

test('names some of the barriers that an instance waits for and counts the others', () => {
  const facts = new ObservationStore();
  const instance = { group: 'single', index: 0 };
  const waiting = Array.from({ length: 5_000 }, (_, place) => ({
    ...({ kind: 'barrier', state: `run:r:plan:p:case:c:states:s${place}` } as const),
    ...{ target: 2, count: 1, forMs: 0 },
  }));
  facts.learn({
    ...{ type: 'instance-exited', instance, code: null, signal: null, ending: 'timeout' },
    ...{ outputProblem: undefined, oomKills: 0, connected: true, suspended: false, waiting, elapsedMs: 1 },
  });
  const { waitingFor = '' } = facts.of(instance);
  expect(waitingFor).toContain('at barrier "s0" (1 of 2)');
  expect(waitingFor).toMatch(/, and at 4990 more barriers and topics$/);
});

test('names a limited number of the network settings that were not applied, and counts all of them', () => {
  const counts = new NetworkCounts();
  for (let latency = 0; latency < 5_000; latency++) counts.add([`latency ${latency}ms`]);
  const { not_as_asked, not_applied = {} } = counts.result(['noop']) ?? {};
  expect(not_as_asked).toBe(5_000);
  expect(Object.keys(not_applied).length).toBe(101);
  expect(Object.values(not_applied).reduce((sum, count) => sum + count, 0)).toBe(5_000);
});

/** The error that an instance has after it printed some lines on stderr. */
function errorAfter(...lines: readonly string[]) {
  const facts = new ObservationStore();
  const instance = { group: 'single', index: 0 };
  let offset = 0;
  for (const text of lines) {
    facts.learn({
      type: 'line',
      instance,
      stream: 'stderr',
      text,
      event: undefined,
      offset,
      elapsedMs: 0,
      at: 0,
    });
    offset += text.length + 1;
  }
  const { errorText, errorOffset } = facts.of(instance);
  return { errorText, errorOffset };
}

test('the error of a Go program is its panic, and not a function of a goroutine', () => {
  const panic = 'panic: quorum lost';
  expect(
    errorAfter('log', panic, '', 'goroutine 1 [running]:', 'panic({0x1, 0x2})', 'main.(*T).error()'),
  ).toEqual({
    errorText: panic,
    errorOffset: 4,
  });
});

test('the error of a Node program is not a frame of its stack', () => {
  const frames = ['    at new Error (/p/index.mjs:1:2)', '    at Raft.error (/p/index.mjs:3:4)'];
  expect(errorAfter('TypeError: peer is undefined', ...frames)).toEqual({
    errorText: 'TypeError: peer is undefined',
    errorOffset: 0,
  });
});

test('a last line that names no error has no place', () => {
  expect(errorAfter('one', 'two')).toEqual({ errorText: 'two', errorOffset: undefined });
});
