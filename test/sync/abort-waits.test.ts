import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { SyncServer } from '../../src/sync/server/server.ts';
import { MemoryStore } from '../../src/sync/stores/memory-store.ts';
import { rawClient } from '../support/sync-service.ts';

async function someServer() {
  const store = new MemoryStore();
  const server = new SyncServer(store);
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });
  return { server, endpoint: await server.open() };
}

const barrier = (id: string, state: string, target: number) =>
  JSON.stringify({ id, barrier: { state, target } });

test('WebSocket: fails current and later waits, while reached barriers still open and signals still count', async () => {
  const { server, endpoint } = await someServer();
  const client = await rawClient(endpoint);
  client.send(barrier('1', 'run:r:states:far', 3));
  client.send('{"id":"2","subscribe":{"topic":"run:r:topics:t"}}');
  client.send('{"id":"3","signal_entry":{"state":"s"}}');
  expect(JSON.parse(await client.next())).toMatchObject({ id: '3', signal_entry: { seq: 1 } });
  server.abortWaits('it is over');
  const answers = [JSON.parse(await client.next()), JSON.parse(await client.next())];
  expect(answers).toEqual([
    expect.objectContaining({ id: '1', error: 'it is over; this client was at barrier "far" (0 of 3)' }),
    expect.objectContaining({ id: '2', error: 'it is over; this client was subscribed to "t"' }),
  ]);
  expect(endpoint.waiting()).toEqual([]);
  client.send(barrier('4', 's', 2));
  expect(JSON.parse(await client.next())).toMatchObject({ id: '4', error: 'it is over' });
  client.send(barrier('5', 's', 1));
  expect(JSON.parse(await client.next())).toMatchObject({ id: '5', error: '' });
  client.send('{"id":"6","signal_entry":{"state":"s"}}');
  expect(JSON.parse(await client.next())).toMatchObject({ id: '6', signal_entry: { seq: 2 } });
});

test('Redis: fails polls and blocking reads, while increments still count', async () => {
  const { server, endpoint } = await someServer();
  const options = {
    host: endpoint.host,
    port: endpoint.port,
    enableReadyCheck: false,
    disableClientInfo: true,
  };
  const [poller, reader] = [new Redis(options), new Redis(options)];
  onTestFinished(() => {
    for (const client of [poller, reader]) client.disconnect();
  });
  expect(await poller.get('s')).toBeNull();
  const reading = reader.xread('BLOCK', 0, 'STREAMS', 't', '0').catch(String);
  while (endpoint.waiting().length < 2) await poller.get('s');
  server.abortWaits('it is over');
  expect(await reading).toContain('it is over');
  expect(await poller.get('s').catch(String)).toContain('it is over');
  expect(await poller.incr('s')).toBe(1);
});

test('an endpoint knows which states were signalled through it', async () => {
  const { server, endpoint } = await someServer();
  const other = await server.open();
  const moves = server.operations;
  const client = await rawClient(endpoint);
  for (const id of ['1', '2']) {
    client.send(JSON.stringify({ id, signal_entry: { state: 's' } }));
    await client.next();
  }
  expect([endpoint.signalsOf('s'), endpoint.signalsOf('t'), other.signalsOf('s')]).toEqual([
    'some',
    'none',
    'none',
  ]);
  expect(server.operations).toBeGreaterThan(moves);
});
