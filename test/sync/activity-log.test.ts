import { expect, test } from 'vitest';
import { ActivityLog, type Note } from '../../src/sync/server/activity-log.ts';

test('notes everything that a client does, and counts all but the ends of waits and receipts as activity', () => {
  const activity = { operations: 0 };
  const noted: Parameters<Note>[] = [];
  const log = new ActivityLog(activity, (...entry) => noted.push(entry));
  log.signalled('s', 3, 20);
  log.published('t', '1');
  log.published('t', '2', 4);
  log.received('t', 3, 2);
  log.waits('s', 5);
  log.waited('pass', 's', 5, 7);
  log.waited('leave', 's', undefined);
  expect(noted).toEqual([
    [{ did: 'signal', state: 's', seq: 3 }, 20],
    [{ did: 'publish', topic: 't' }, 0, '1'],
    [{ did: 'publish', topic: 't', seq: 4 }, 0, '2'],
    [{ did: 'receive', topic: 't', seq: 3, count: 2 }, 0],
    [{ did: 'wait', state: 's', target: 5 }, 0],
    [{ did: 'pass', state: 's', target: 5 }, 7],
    [{ did: 'leave', state: 's', target: undefined }, 0],
  ]);
  expect(activity.operations).toBe(4);
});

test('claims of no state that it was never signalled, once more than 10,000 were', () => {
  const log = new ActivityLog({ operations: 0 });
  for (let state = 0; state < 10_000; state++) log.signalled(`s${state}`, 1);
  log.signalled('s0', 2);
  expect([log.signalsOf('s9999'), log.signalsOf('never')]).toEqual(['some', 'none']);
  log.signalled('one more', 1);
  expect([log.signalsOf('one more'), log.signalsOf('never')]).toEqual(['some', 'some']);
});
