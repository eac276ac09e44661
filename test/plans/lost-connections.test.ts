import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { listen, Speaker } from '../../plans/gossip/src/peers.ts';
import { Link, serve } from '../../plans/kv/src/wire.ts';
import { deferred } from '../../src/util/deferred.ts';

// An instance must not crash because another one has ended before it. An error that nothing handles fails this file.

/** A request that its server answers: on loopback, a reset sent before it has arrived once the answer is here. */
async function roundTripTo(port: number): Promise<void> {
  const link = new Link(port);
  await link.ask({ id: 1, ask: 'read' });
  link.close();
}

async function resetConnectionTo(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.resetAndDestroy();
}

const version = { number: 0, client: 0, value: null };

test('a replica of kv survives a client that resets its connection', async () => {
  const { port, close } = await serve(({ id }, answer) => answer({ id, version }));
  await roundTripTo(port);
  await resetConnectionTo(port);
  await roundTripTo(port);
  close();
});

test('a client of kv survives a replica that resets its connection, and gets no answer', async () => {
  const { port, close } = await serve(({ id }, answer) => answer({ id, version }));
  const replica = createServer((socket) => socket.resetAndDestroy()).listen(0, '127.0.0.1');
  await once(replica, 'listening');
  const link = new Link((replica.address() as AddressInfo).port);
  let answered = false;
  void link.ask({ id: 1, ask: 'read' }).then(() => {
    answered = true;
  });
  await once(replica, 'connection');
  await roundTripTo(port);
  void link.ask({ id: 2, ask: 'read' });
  await roundTripTo(port);
  expect(answered).toBe(false);
  link.close();
  replica.close();
  close();
});

test('an instance of gossip survives another that resets its connection', async () => {
  const { promise: heard, resolve } = deferred<unknown>();
  const { port, close } = await listen(resolve);
  await resetConnectionTo(port);
  const speaker = new Speaker();
  speaker.tell({ seq: 1, port }, 'still here');
  expect(await heard).toBe('still here');
  speaker.close();
  close();
});
