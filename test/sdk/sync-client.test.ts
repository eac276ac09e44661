import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RunEnv } from '../../src/sdk/run-env.ts';
import { parseRunParams } from '../../src/sdk/run-params.ts';
import { SyncClient } from '../../src/sdk/sync-client.ts';
import type { Endpoint } from '../../src/sync/server/endpoint.ts';
import { rawClient, someSyncService } from '../support/sync-service.ts';

const runenv = new RunEnv(
  parseRunParams({ TEST_RUN: 'r', TEST_PLAN: 'p', TEST_CASE: 'c', TEST_GROUP_ID: 'g' }),
);
let endpoint: Endpoint;

beforeEach(async () => {
  endpoint = await someSyncService();
  vi.stubEnv('SYNC_SERVICE_HOST', endpoint.host);
  vi.stubEnv('SYNC_SERVICE_PORT', String(endpoint.port));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test('two clients share states, barriers and topics', async () => {
  const [one, two] = [await SyncClient.connect(runenv), await SyncClient.connect(runenv)];
  const both = await Promise.all([one.signalAndWait('ready', 2), two.signalAndWait('ready', 2)]);
  expect(both.sort()).toEqual([1, 2]);
  expect(await one.publish('words', { n: 1 })).toBe(1);
  const { seq, messages } = await two.publishSubscribe<{ n: number }>('words', { n: 2 });
  expect(seq).toBe(2);
  const seen: number[] = [];
  for await (const { n } of messages) {
    seen.push(n);
    if (n === 2) await one.publish('words', { n: 3 });
    if (n === 3) break;
  }
  expect(seen).toEqual([1, 2, 3]);
  expect(await one.publishAndWait('words', undefined, 'ready', 2)).toBe(4);
  await Promise.all([one.close(), two.close()]);
});

test('uses the same keys as the other SDKs', async () => {
  const client = await SyncClient.connect(runenv);
  await client.signalEntry('s');
  await client.publish('t', 'x');
  await client.signalEvent({ success_event: { group: 'g' } });
  const raw = await rawClient(endpoint);
  raw.send('{"id":"1","barrier":{"state":"run:r:plan:p:case:c:states:s","target":1}}');
  expect(JSON.parse(await raw.next())).toMatchObject({ id: '1', error: '' });
  raw.send('{"id":"2","subscribe":{"topic":"run:r:plan:p:case:c:topics:t"}}');
  expect(JSON.parse(await raw.next())).toMatchObject({ id: '2', subscribe: '"x"' });
  raw.send('{"id":"3","subscribe":{"topic":"run:r:plan:p:case:c:run_events"}}');
  expect(JSON.parse(await raw.next()).subscribe).toBe('{"success_event":{"group":"g"}}');
});

test('aborting a wait rejects it, and cancels it at the service', async () => {
  const client = await SyncClient.connect(runenv);
  const end = new AbortController();
  const barrier = client.barrier('never', 1, { signal: end.signal });
  const message = client.subscribe('nothing', { signal: end.signal }).next();
  // Once this later request is answered, the service has both.
  await client.signalEntry('s');
  expect(endpoint.waiting()).toHaveLength(2);
  end.abort(new Error('enough'));
  const failures = (await Promise.allSettled([barrier, message])).map(
    (end) => end.status === 'rejected' && end.reason.message,
  );
  expect(failures).toEqual(['enough', 'enough']);
  await client.signalEntry('s');
  expect(endpoint.waiting()).toEqual([]);
  await expect(
    client.barrier('never', 1, { signal: AbortSignal.abort(new Error('before')) }),
  ).rejects.toThrow('before');
});

test('leaving the loop ends a subscription', async () => {
  const client = await SyncClient.connect(runenv);
  await client.publish('t', 1);
  for await (const _ of client.subscribe('t')) break;
  await client.signalEntry('s');
  expect(endpoint.waiting()).toEqual([]);
});

test('a long topic arrives whole and in order', async () => {
  const client = await SyncClient.connect(runenv);
  const sent = Array.from({ length: 5_000 }, (_, index) => index);
  const publishing = Promise.all(sent.map((index) => client.publish('t', index)));
  const seen: number[] = [];
  for await (const index of client.subscribe<number>('t')) {
    seen.push(index);
    if (seen.length === sent.length) break;
  }
  await publishing;
  expect(seen).toEqual(sent);
});

test('pending and later calls fail once the service has gone away', async () => {
  const client = await SyncClient.connect(runenv);
  const waits = [client.barrier('never', 1), client.subscribe('nothing').next()];
  const settled = Promise.allSettled(waits);
  await client.signalEntry('s');
  endpoint.close();
  for (const end of await settled) {
    expect(end.status === 'rejected' && end.reason.message).toMatch(
      /^the connection to the sync service at ws:.* was closed$/,
    );
  }
  await expect(client.signalEntry('s')).rejects.toThrow('was closed');
});

test('connecting fails with a hint if no service answers', async () => {
  endpoint.close();
  await expect(SyncClient.connect(runenv)).rejects.toThrow(
    /^no sync service answers at ws:\/\/127\.0\.0\.1:\d+ \(connect ECONNREFUSED .*\); outside a run, start one with: tg sync-service$/,
  );
});

test('refuses a barrier with an invalid target instead of passing it by accident', async () => {
  const client = await SyncClient.connect(runenv);
  for (const target of [undefined as never, Number.NaN, -1, 1.5]) {
    await expect(client.barrier('s', target)).rejects.toThrow(
      'the target of barrier "s" must be a whole number',
    );
  }
});

test('an error of the service rejects the call', async () => {
  const client = await SyncClient.connect(runenv);
  const tooLarge = 'x'.repeat(33 * 1024 * 1024);
  await expect(client.publish('t', tooLarge)).rejects.toThrow(/32 ?MiB|too large|payload/);
});
