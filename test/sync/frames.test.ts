import { expect, test } from 'vitest';
import { readRequest } from '../../src/sync/server/websocket/frames.ts';

const wrong = [null, 5, []];

/** For each field, values that SDKs send, and others. Undefined: the field is missing. */
const fields = {
  id: [undefined, '1', 7, ...wrong],
  is_cancel: [undefined, false],
  publish: [undefined, { topic: 't', payload: { b: 1 } }, { topic: 5 }, {}, ...wrong],
  subscribe: [undefined, { topic: 't' }, null, 5],
  barrier: [
    ...[undefined, { state: 's', target: 2 }, { state: 's', target: '2' }, { state: 's', target: 1.5 }],
    ...[{ state: 5, target: 2 }, { state: 's' }, {}, ...wrong],
  ],
  signal_entry: [undefined, { state: 's' }, { state: 5 }, {}, ...wrong],
};

function* requests() {
  for (const id of fields.id)
    for (const is_cancel of fields.is_cancel)
      for (const publish of fields.publish)
        for (const subscribe of fields.subscribe)
          for (const barrier of fields.barrier)
            for (const signal_entry of fields.signal_entry)
              yield { id, is_cancel, publish, subscribe, barrier, signal_entry };
}

test('reads every request as the schema does, also by the fast path for usual ones', () => {
  const differ: string[] = [];
  for (const request of requests()) {
    const frame = JSON.stringify(request);
    // The fast path leaves a null to the schema, which reads it like a missing field.
    const bySchema = JSON.stringify({ ...request, is_cancel: null });
    if (JSON.stringify(readRequest(frame)) !== JSON.stringify(readRequest(bySchema))) differ.push(frame);
  }
  expect(differ).toEqual([]);
});

test.each([
  ['publish', { kind: 'publish', topic: 't', payload: '1' }],
  ['subscribe', { kind: 'subscribe', topic: 't' }],
  ['barrier', { kind: 'barrier', state: 'b', target: 2 }],
  ['signal_entry', { kind: 'signal_entry', state: 's' }],
])('of several operations, the first in the order of the protocol counts: %s', (first, operation) => {
  const all = {
    publish: { topic: 't', payload: 1 },
    subscribe: { topic: 't' },
    barrier: { state: 'b', target: 2 },
    signal_entry: { state: 's' },
  };
  const names = Object.keys(all);
  const rest = Object.entries(all).filter(([name]) => names.indexOf(name) >= names.indexOf(first));
  const request = { id: '1', ...Object.fromEntries(rest.reverse()) };
  expect(readRequest(JSON.stringify(request))).toEqual({ id: '1', operation });
  expect(readRequest(JSON.stringify({ ...request, is_cancel: true })).operation).toEqual({ kind: 'cancel' });
});

test.each([
  ['null', '', /^request: [^;]+$/],
  ['{"id":7,"barrier":5}', 7, /^barrier: [^;]+$/],
  ['{"id":"7","barrier":5,"signal_entry":{"state":[]}}', '7', /^barrier: [^;]+; signal_entry\.state: [^;]+$/],
  ['{"id":{},"barrier":5}', '', /^id: [^;]+; barrier: [^;]+$/],
])('%s is unreadable: the error repeats the id and names each field', (frame, id, error) => {
  const operation = { kind: 'unreadable', error: expect.stringMatching(error) };
  expect(readRequest(frame)).toEqual({ id, operation });
});
