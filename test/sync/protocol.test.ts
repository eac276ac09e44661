import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { maxFrameBytes, maxPayloadBytes } from '../../src/sync/protocol.ts';
import { rawClient, someService, someSyncService } from '../support/sync-service.ts';

const transcript = readFileSync(new URL('../golden/sync-protocol-transcript.txt', import.meta.url), 'utf8');

/** Requests to the reference server and its responses, from the section of the transcript with this heading. */
function section(heading: string): { sent: string[]; received: unknown[] }[] {
  const body = transcript.split('## ').find((part) => part.startsWith(`${heading}\n`));
  if (body === undefined) throw new Error(`no section ${heading}`);
  const turns: { sent: string[]; received: unknown[] }[] = [];
  for (const line of body.split('\n').slice(1)) {
    const sent = /^ {2}-> (.*)$/.exec(line)?.[1];
    const received = /^ {2}<- \[1\] (.*)\\n$/.exec(line)?.[1];
    if (sent !== undefined) turns.push({ sent: [sent], received: [] });
    if (received !== undefined) turns.at(-1)?.received.push(JSON.parse(received));
  }
  return turns;
}

describe('answers like the reference server', () => {
  test.each([
    'signal twice',
    'barrier already met / target 0 / negative / unmet then met',
    'barrier above target (count 3 > 1)',
    'same id twice',
    'two requests in one message',
    'empty state/topic',
    'is_cancel of unknown',
  ])('%s', async (heading) => {
    const client = await rawClient(await someSyncService());
    // The barrier section continues with a state that has two entries from the first section.
    const state = /"state":"(probe\d+:a)"/.exec(transcript)?.[1];
    for (let entry = 0; heading.startsWith('barrier') && entry < 2; entry++) {
      client.send(JSON.stringify({ id: '-', signal_entry: { state } }));
      await client.next();
    }
    for (const { sent, received } of section(heading)) {
      for (const frame of sent) client.send(frame);
      const got = [];
      for (const _ of received) got.push(JSON.parse(await client.next()));
      expect(byId(got)).toEqual(byId(received));
    }
    expect(client.left).toBe(0);
  });
});

/** A signal and the barrier that it opens may be answered in either order. */
function byId(responses: readonly unknown[]): unknown[] {
  return [...responses].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

describe('improves on the reference server', () => {
  test('delivers payloads exactly as they were written, including large integers and the order of keys', async () => {
    const client = await rawClient(await someSyncService());
    const payloads = ['"str"', '{"b":1,"a":[1,2.50,"<&>"]}', 'null', '12345678901234567890'];
    for (const [index, payload] of payloads.entries()) {
      client.send(`{"id":"p","publish":{"topic":"t","payload":${payload}}}`);
      expect(JSON.parse(await client.next())).toMatchObject({ id: 'p', publish: { seq: index + 1 } });
    }
    client.send('{"id":"p","publish":{"topic":"t"}}');
    await client.next();
    client.send('{"id":"s","subscribe":{"topic":"t"}}');
    for (const payload of [...payloads, 'null']) {
      expect(JSON.parse(await client.next())).toMatchObject({ id: 's', error: '', subscribe: payload });
    }
  });

  test('delivers nothing to a subscription after its cancel', async () => {
    const client = await rawClient(await someSyncService());
    client.send('{"id":"s","subscribe":{"topic":"t"}}');
    client.send('{"id":"p","publish":{"topic":"t","payload":1}}');
    expect([await client.next(), await client.next()].map((frame) => JSON.parse(frame).id).sort()).toEqual([
      'p',
      's',
    ]);
    client.send('{"id":"s","is_cancel":true}');
    client.send('{"id":"p","publish":{"topic":"t","payload":2}}');
    expect(JSON.parse(await client.next())).toMatchObject({ id: 'p', publish: { seq: 2 } });
    client.send('{"id":"end","signal_entry":{"state":"end"}}');
    expect(JSON.parse(await client.next())).toMatchObject({ id: 'end' });
  });

  test('cancels a subscription that waits for its slow reader', async () => {
    const client = await rawClient(await someSyncService());
    const payload = JSON.stringify('x'.repeat(100_000));
    for (let index = 0; index < 200; index++)
      client.send(`{"id":"p","publish":{"topic":"t","payload":${payload}}}`);
    for (let index = 0; index < 200; index++) await client.next();
    client.pause();
    client.send('{"id":"s","subscribe":{"topic":"t"}}');
    client.send('{"id":"s","is_cancel":true}');
    client.send('{"id":"e","signal_entry":{"state":"s"}}');
    client.resume();
    while (JSON.parse(await client.next()).id === 's');
    // The signal was sent after the cancel: all messages in flight have arrived, and none may follow.
    for (let index = 0; index < 5; index++) {
      client.send('{"id":"e","signal_entry":{"state":"s"}}');
      expect(JSON.parse(await client.next()).id).toBe('e');
    }
  });

  test('cancels a barrier and frees its ID', async () => {
    const client = await rawClient(await someSyncService());
    client.send('{"id":"b","barrier":{"state":"s","target":1}}');
    client.send('{"id":"b","is_cancel":true}');
    client.send('{"id":"e","signal_entry":{"state":"s"}}');
    expect(JSON.parse(await client.next())).toMatchObject({ id: 'e', signal_entry: { seq: 1 } });
    // Its ID is free again at once.
    client.send('{"id":"b","barrier":{"state":"never","target":1}}');
    client.send('{"id":"b","is_cancel":true}');
    client.send('{"id":"b","barrier":{"state":"s","target":1}}');
    expect(JSON.parse(await client.next())).toMatchObject({ id: 'b', error: '' });
  });

  test.each([
    ['{bad', '', /^not JSON/],
    ['null', '', /expected object/],
    ['{}', '', /^unknown request/],
    ['{"id":"7","is_cancel":0,"signal_entry":{"state":"s"}}', '7', /^is_cancel: /],
    ['{"id":"7","publish":{"topic":"t"},"subscribe":5}', '7', /^subscribe: /],
    ['{"id":"7","barrier":{"state":"s"},"signal_entry":[]}', '7', /^signal_entry: /],
    ['{"id":"7","foo":{}}', '7', /^unknown request/],
    ['{"id":"8","barrier":{"state":"x","target":"2"}}', '8', /barrier\.target: .*expected number/],
    ['{"id":"9","barrier":{"state":"x","target":1.5}}', '9', /barrier\.target/],
    ['{"id":[],"signal_entry":{"state":"x"}}', '', /^id: /],
  ])('answers %s with an error and keeps the connection open', async (frame, id, error) => {
    const client = await rawClient(await someSyncService());
    client.send(frame);
    const answer = JSON.parse(await client.next());
    expect(answer).toEqual({
      id,
      error: expect.stringMatching(error),
      publish: null,
      subscribe: '',
      signal_entry: null,
    });
    client.send('{"id":"1","signal_entry":{"state":"e"}}');
    expect(JSON.parse(await client.next())).toMatchObject({ id: '1', signal_entry: { seq: 1 } });
  });

  test('reads null as the zero value, like Go', async () => {
    const client = await rawClient(await someSyncService());
    client.send('{"id":null,"signal_entry":{"state":null}}');
    expect(JSON.parse(await client.next())).toMatchObject({ id: '', signal_entry: { seq: 1 } });
    client.send('{"id":"1","is_cancel":null,"barrier":{"state":"","target":null},"publish":null}');
    expect(JSON.parse(await client.next())).toMatchObject({ id: '1', error: '' });
  });

  test('answers a numeric ID with a number', async () => {
    const client = await rawClient(await someSyncService());
    client.send('{"id":5,"signal_entry":{"state":"d"}}');
    expect(JSON.parse(await client.next())).toMatchObject({ id: 5, signal_entry: { seq: 1 } });
  });

  test('delivers a message of 8 MiB', async () => {
    const client = await rawClient(await someSyncService());
    const payload = JSON.stringify('x'.repeat(8 * 1024 * 1024));
    client.send(`{"id":"p","publish":{"topic":"t","payload":${payload}}}`);
    await client.next();
    client.send('{"id":"s","subscribe":{"topic":"t"}}');
    expect(JSON.parse(await client.next()).subscribe).toBe(payload);
  });

  test('delivers to other subscribers while one does not read', async () => {
    const endpoint = await someSyncService();
    const [slow, fast] = [await rawClient(endpoint), await rawClient(endpoint)];
    for (const client of [slow, fast]) client.send('{"id":"s","subscribe":{"topic":"t"}}');
    slow.pause();
    const payload = JSON.stringify('x'.repeat(100_000));
    for (let index = 0; index < 200; index++)
      fast.send(`{"id":"p","publish":{"topic":"t","payload":${payload}}}`);
    let seen = 0;
    while (seen < 200) if (JSON.parse(await fast.next()).id === 's') seen++;
  });
});

test('a new client finds the states and topics of one that has disconnected', async () => {
  const endpoint = await someSyncService();
  const first = await rawClient(endpoint);
  first.send('{"id":"1","signal_entry":{"state":"s"}}');
  first.send('{"id":"2","publish":{"topic":"t","payload":"kept"}}');
  await first.next();
  await first.next();
  first.close();
  const second = await rawClient(endpoint);
  second.send('{"id":"1","signal_entry":{"state":"s"}}');
  expect(JSON.parse(await second.next())).toMatchObject({ signal_entry: { seq: 2 } });
  second.send('{"id":"2","subscribe":{"topic":"t"}}');
  expect(JSON.parse(await second.next())).toMatchObject({ subscribe: '"kept"' });
});

test('two clients that signal and publish at once get each number once, and hear one order', async () => {
  const endpoint = await someSyncService();
  const both = [await rawClient(endpoint), await rawClient(endpoint)];
  const rounds = 100;
  for (let round = 0; round < rounds; round++) {
    for (const [index, client] of both.entries()) {
      client.send('{"id":"e","signal_entry":{"state":"s"}}');
      client.send(`{"id":"p","publish":{"topic":"t","payload":"${index} ${round}"}}`);
    }
  }
  const signals: number[] = [];
  const published: number[] = [];
  for (const client of both) {
    const own: number[] = [];
    for (let answers = 0; answers < 2 * rounds; answers++) {
      const { id, signal_entry, publish } = JSON.parse(await client.next());
      if (id === 'e') signals.push(signal_entry.seq);
      else own.push(publish.seq);
    }
    // The messages of one client stay in order.
    expect(own).toEqual(own.toSorted((a, b) => a - b));
    published.push(...own);
  }
  const numbers = Array.from({ length: 2 * rounds }, (_, index) => index + 1);
  for (const given of [signals, published]) expect(given.toSorted((a, b) => a - b)).toEqual(numbers);
  const heard: string[][] = [[], []];
  for (const [index, client] of both.entries()) {
    client.send('{"id":"r","subscribe":{"topic":"t"}}');
    for (const _ of numbers) heard[index]?.push(JSON.parse(JSON.parse(await client.next()).subscribe));
  }
  expect(heard[0]).toEqual(heard[1]);
  // Each client's messages are where its answers said.
  const texts = [0, 1].flatMap((index) => Array.from({ length: rounds }, (_, round) => `${index} ${round}`));
  expect(texts.map((_, at) => heard[0]?.[(published[at] ?? 0) - 1])).toEqual(texts);
});

test('an endpoint knows whether it was used, and what its clients wait for', async () => {
  const endpoint = await someSyncService();
  expect(endpoint.used).toBe(false);
  const client = await rawClient(endpoint);
  client.send('{"id":"b","barrier":{"state":"s","target":3}}');
  client.send('{"id":"t","subscribe":{"topic":"t"}}');
  client.send('{"id":"e","signal_entry":{"state":"s"}}');
  await client.next();
  expect(endpoint.used).toBe(true);
  expect(endpoint.waiting()).toMatchObject([
    { kind: 'barrier', state: 's', target: 3, count: 1 },
    { kind: 'topic', topic: 't' },
  ]);
});

test('answers plain HTTP with status 426 and mentions WebSocket', async () => {
  const { host, port } = await someSyncService();
  const response = await fetch(`http://${host}:${port}/`);
  expect(response.status).toBe(426);
  expect(await response.text()).toContain('WebSocket');
});

describe('answers and reports what a client does wrong', () => {
  test.each([
    ['{bad', /^not JSON/],
    ['{"id":"7","foo":{}}', /^unknown request/],
    ['{"id":"1","signal_entry":{"state":"run:other:x"}}', /the key "run:other:x" is not a key of this run/],
    ['{"id":"1","barrier":{"state":"run:other:x","target":1}}', /is not a key of this run/],
    ['{"id":"1","publish":{"topic":"run:other:x","payload":1}}', /is not a key of this run/],
    ['{"id":"1","subscribe":{"topic":"run:other:x"}}', /is not a key of this run/],
    ['<too much>', /^a payload of \d+ bytes is too large: at most \d+ are allowed$/],
  ])('%s', async (frame, problem) => {
    const { endpoint, reported, store } = await someService('run:this:');
    const client = await rawClient(endpoint);
    const large = `{"id":"1","publish":{"topic":"run:this:t","payload":"${'x'.repeat(maxPayloadBytes)}"}}`;
    client.send(frame === '<too much>' ? large : frame);
    expect(JSON.parse(await client.next()).error).toMatch(problem);
    expect(reported).toEqual([expect.stringMatching(problem)]);
    expect(await store.keys()).toEqual([]);
    client.send('{"id":"2","signal_entry":{"state":"run:this:s"}}');
    expect(JSON.parse(await client.next())).toMatchObject({ id: '2', signal_entry: { seq: 1 } });
  });

  test('disconnects a client whose frame exceeds the limit, and serves the others', async () => {
    const { endpoint, reported } = await someService();
    const [greedy, other] = [await rawClient(endpoint), await rawClient(endpoint)];
    greedy.send(`"${'x'.repeat(maxFrameBytes)}"`);
    await expect(greedy.next()).rejects.toThrow('the connection was closed');
    expect(reported).toEqual(['cut off: Max payload size exceeded']);
    other.send('{"id":"1","signal_entry":{"state":"s"}}');
    expect(JSON.parse(await other.next())).toMatchObject({ signal_entry: { seq: 1 } });
  });
});

test('answers the header of a frame with a pong at once, so that a client sends the payload', async () => {
  const { host, port } = await someSyncService();
  const socket = connect({ host, port });
  onTestFinished(() => void socket.destroy());
  const chunks = socket[Symbol.asyncIterator]();
  const next = async () => Buffer.from((await chunks.next()).value as Buffer);
  socket.write(
    `GET / HTTP/1.1\r\nHost: ...\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  expect((await next()).toString()).toMatch(/^HTTP\/1\.1 101 /);
  const payload = Buffer.from('{"id":"1","signal_entry":{"state":"s"}}');
  const unmasked = Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]);
  socket.write(unmasked);
  // A pong without a payload (RFC 6455, 5.5.3).
  expect(await next()).toEqual(Buffer.from([0x8a, 0]));
  socket.write(payload);
  const answer = await next();
  expect(JSON.parse(answer.subarray(2).toString())).toMatchObject({ id: '1', signal_entry: { seq: 1 } });
  socket.write(Buffer.concat([unmasked, payload]));
  expect(JSON.parse((await next()).subarray(2).toString())).toMatchObject({ signal_entry: { seq: 2 } });
});
