import { expect, onTestFinished, test, vi } from 'vitest';
import { ActivityLog } from '../../src/sync/server/activity-log.ts';
import { BarrierPolls } from '../../src/sync/server/redis/barrier-polls.ts';
import { MemoryStore } from '../../src/sync/stores/memory-store.ts';

/** On a clock that only the test advances. An entry is what was done, the state, and how many ms ago. */
function somePolls() {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const store = new MemoryStore();
  const entries: string[] = [];
  const activityLog = new ActivityLog({ operations: 0 }, (entry, agoMs) =>
    entries.push(`${entry.did} ${'state' in entry ? entry.state : ''} ${agoMs}`),
  );
  return { polls: new BarrierPolls(activityLog, store), store, entries };
}

test('a client waits from its first poll, over any connection, until that connection polls without the state', async () => {
  const { polls, store, entries } = somePolls();
  await store.signalEntry('a');
  polls.ask(['a'], 1);
  vi.advanceTimersByTime(1_000);
  polls.ask(['a'], 2);
  vi.advanceTimersByTime(500);
  polls.ask(['b'], 3);
  polls.ask(['b'], 1);
  expect(polls.waiting()).toEqual([
    { kind: 'barrier', state: 'a', target: undefined, count: 1, forMs: 1_500, polledMs: 500 },
    { kind: 'barrier', state: 'b', target: undefined, count: 0, forMs: 0, polledMs: 0 },
  ]);
  polls.ask(['b'], 2);
  expect(entries).toEqual(['wait a 0', 'wait b 0', 'pass a 500']);
});

test('a state that was not polled for three seconds is no longer awaited', () => {
  const { polls, entries } = somePolls();
  const awaited = () => polls.waiting().map((its) => its.kind === 'barrier' && its.state);
  polls.ask(['a', 'b'], 1);
  vi.advanceTimersByTime(2_999);
  expect(awaited()).toEqual(['a', 'b']);
  polls.ask([], 2);
  vi.advanceTimersByTime(1);
  expect(awaited()).toEqual([]);
  polls.ask(['b'], 2);
  expect(awaited()).toEqual(['b']);
  expect(entries).toEqual(['wait a 0', 'wait b 0', 'pass a 3000', 'pass b 3000', 'wait b 0']);
});

test('a client without connections leaves its barriers, unless it polls again within three seconds', () => {
  const { polls, entries } = somePolls();
  polls.ask(['a', 'b'], 1);
  polls.leave();
  vi.advanceTimersByTime(1_000);
  polls.ask(['b'], 2);
  vi.advanceTimersByTime(2_500);
  const left = ['wait a 0', 'wait b 0', 'leave a 3010'];
  expect(entries).toEqual(left);
  polls.leave();
  polls.ask(['b'], 3);
  polls.leave();
  vi.advanceTimersByTime(10_000);
  expect(entries).toEqual([...left, 'leave b 3010']);
});
