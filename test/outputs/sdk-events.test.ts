import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isChatter, isStatusOfSdk, readEventHead, readEventLine } from '../../src/outputs/sdk-events.ts';

const line = (event: unknown) =>
  JSON.stringify({ ts: 1_795_499_109_783_855_000, msg: '', group_id: 'single', run_id: 'r', event });

test.each([
  [{ message_event: { message: 'hi' } }, { type: 'message', message: 'hi' }],
  [{ success_event: { group: 'g' } }, { type: 'success' }],
  [{ failure_event: { group: 'g', error: 'oops' } }, { type: 'failure', error: 'oops' }],
  [
    { crash_event: { group: 'g', error: 'boom', stacktrace: 'at x' } },
    { type: 'crash', error: 'boom', stacktrace: 'at x' },
  ],
  [{ start_event: { runenv: { plan: 'p' } } }, { type: 'start', runenv: { plan: 'p' } }],
  [{ stage_start_event: { name: 's', group: 'g' } }, { type: 'stage-start', name: 's' }],
  [{ stage_end_event: { name: 's', group: 'g' } }, { type: 'stage-end', name: 's' }],
  [{ failure_event: null }, { type: 'failure', error: '' }],
  [{ message_event: {} }, { type: 'message', message: '' }],
  [{ crash_event: 'boom' }, { type: 'crash', error: 'boom', stacktrace: '' }],
  [{ failure_event: { error: { code: 1 } } }, { type: 'failure', error: '{"code":1}' }],
  [
    { success_event: {}, failure_event: { error: 'oops' } },
    { type: 'failure', error: 'oops' },
  ],
  // The older format.
  [
    { type: 'start', runenv: { plan: 'p' } },
    { type: 'start', runenv: { plan: 'p' } },
  ],
  [
    { type: 'message', message: 'hi' },
    { type: 'message', message: 'hi' },
  ],
  [{ type: 'finish', outcome: 'ok' }, { type: 'success' }],
  [
    { type: 'finish', outcome: 'failed', error: 'oops' },
    { type: 'failure', error: 'oops' },
  ],
  [
    { type: 'finish', outcome: 'aborted' },
    { type: 'failure', error: 'aborted' },
  ],
  [
    { type: 'finish', outcome: 'crashed', error: 'boom', stacktrace: 's' },
    { type: 'crash', error: 'boom', stacktrace: 's' },
  ],
  [
    { type: 'stage_start', name: 's' },
    { type: 'stage-start', name: 's' },
  ],
  [
    { type: 'stage_end', name: 's' },
    { type: 'stage-end', name: 's' },
  ],
  [
    { type: 'metric', metric: { name: 'm' } },
    { type: 'metric', metric: { name: 'm' } },
  ],
])('reads the event %j', (event, expected) => {
  expect(readEventLine(line(event))?.event).toEqual(expected);
});

test('gives the time of an event in milliseconds, unless it is not a number', () => {
  expect(readEventLine('{"ts":"1795499109783","event":{"success_event":{}}}')?.at).toBeUndefined();
  expect(readEventLine(line({ success_event: {} }))?.at).toBeCloseTo(1_795_499_109_783.85, 1);
});

test.each([
  'hello',
  '{"event":',
  '{"event":{}}',
  '{"event":{"type":"unheard of"}}',
  '{"event":null}',
  '{"msg":"event"}',
  '["event"]',
  '{"level":"info","event":"connected"}',
])('does not take %s for an event', (text) => {
  expect(readEventLine(text)).toBeUndefined();
});

test.each(['sync2-instance0-run.out', 'sync2-instance1-run.out'])(
  'takes every line that the Go SDK wrote into %s for an event',
  (name) => {
    const lines = readFileSync(new URL(`../golden/run-out/${name}`, import.meta.url), 'utf8')
      .trimEnd()
      .split('\n');
    for (const text of lines) expect(readEventLine(text)).toBeDefined();
  },
);

test.each([
  ['failure', { failure_event: { group: 'g', error: 'x'.repeat(9_999) } }],
  ['crash', { crash_event: { error: 'x'.repeat(9_999) } }],
  ['success', { success_event: { group: 'x'.repeat(9_999) } }],
  ['failure', { type: 'finish', outcome: 'failed', error: 'x'.repeat(9_999) }],
  ['crash', { type: 'finish', outcome: 'crashed', stacktrace: 'x'.repeat(9_999) }],
  ['success', { type: 'finish', outcome: 'ok', message: 'x'.repeat(9_999) }],
])('recognizes an outcome by the beginning of a line that is too long to be held: %s', (type, event) => {
  expect(readEventHead(line(event).slice(0, 5_000))?.event.type).toBe(type);
  // The same with the time last.
  expect(readEventHead(JSON.stringify({ event, ts: 1 }).slice(0, 5_000))?.event.type).toBe(type);
});

test('recognizes no outcome in a message that only mentions one', () => {
  expect(readEventHead(line({ message_event: { message: 'success_event' } }))).toBeUndefined();
});

test.each([
  ['influxdb: uploaded 2 points', true, true],
  ['influxdb: failed to upload 250 points; err: x', true, true],
  ['influxdb: x', false, true],
  ['uploaded 2 points', false, false],
  ['my influxdb: uploaded 2 points', false, false],
  ['influxdb: uploaded all points', false, true],
  ['waiting for network to initialize', false, true],
  ['network initialisation successful', false, true],
  ['network initialization failed: x', false, true],
  ['network initialization complete', false, true],
  ['claimed sequence numbers; global=1, group(single)=1', false, true],
  ['registering default http handler at: http://x/', false, true],
  ['io closed', false, true],
  ['io closed by the peer', false, false],
  ['I was waiting for network to initialize', false, false],
])('tells what an SDK repeats or says of itself from what a plan says: %s', (message, chatter, status) => {
  const event = { type: 'message', message } as const;
  expect([isChatter(event), isStatusOfSdk(event)]).toEqual([chatter, status]);
});

test('only messages are about an SDK itself', () => {
  const error = 'influxdb: uploaded 2 points';
  // A plan can print an event of another type with the same fields.
  const other = { type: 'failure', error, message: error } as const;
  for (const event of [undefined, other])
    expect([isChatter(event), isStatusOfSdk(event)]).toEqual([false, false]);
});

test('an outcome that is read from a beginning has that beginning as its error', () => {
  const head = line({ crash_event: { error: 'x'.repeat(9_999) } }).slice(0, 5_000);
  expect(readEventHead(head)).toEqual({
    at: undefined,
    event: {
      type: 'crash',
      error: `${head.slice(0, 2_000)}… (a very long line: see run.out)`,
      stacktrace: '',
    },
  });
});
