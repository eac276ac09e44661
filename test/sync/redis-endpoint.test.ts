import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { maxFrameBytes, maxPayloadBytes } from '../../src/sync/protocol.ts';
import { SyncServer } from '../../src/sync/server/server.ts';
import { MemoryStore } from '../../src/sync/stores/memory-store.ts';
import { barrier } from '../support/barrier.ts';
import { type RespClient, respClient } from '../support/resp-client.ts';
import { rawClient, someService } from '../support/sync-service.ts';

/** A Redis client like those of the SDKs: it sends no commands of its own when it connects. */
async function someRedisClient({ host, port }: { host: string; port: number }): Promise<Redis> {
  const redis = new Redis({
    host,
    port,
    enableReadyCheck: false,
    disableClientInfo: true,
    lazyConnect: true,
  });
  onTestFinished(() => redis.disconnect());
  await redis.connect();
  return redis;
}

async function clients(count: number, prefix = '') {
  const service = await someService(prefix);
  const all = await Promise.all(Array.from({ length: count }, () => someRedisClient(service.endpoint)));
  const [first, second] = all;
  if (first === undefined) throw new Error('at least one');
  return { ...service, first, second: second ?? first };
}

describe('commands of old SDKs', () => {
  test('INCR counts from 1; GET and MGET return counts as text, and null for a state that was never signalled', async () => {
    const { first, second } = await clients(2);
    expect([await first.incr('s'), await second.incr('s'), await first.incr('t')]).toEqual([1, 2, 1]);
    expect(await second.get('s')).toBe('2');
    expect(await second.mget('s', 'none', 't', 's')).toEqual(['2', null, '1', '2']);
  });

  test('MULTI, XADD, XLEN, EXEC publish a message, and the length is its own number', async () => {
    const { first, second } = await clients(2);
    const publish = (redis: Redis, text: string) => redis.multi().xadd('t', '*', 'p', text).xlen('t').exec();
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, index) => publish(index % 2 === 0 ? first : second, `${index}`)),
    );
    const lengths = replies.map((reply) => reply?.[1]?.[1] as number);
    expect([...lengths].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    const [stream] = (await first.xread('COUNT', 1_000, 'STREAMS', 't', '0')) ?? [];
    const order = stream?.[1].map(([, [, text]]) => Number(text)) ?? [];
    expect(order.map((index) => lengths[index])).toEqual([...lengths].sort((a, b) => a - b));
  });

  test('XREAD replays from 0 and continues after the last ID, with at most COUNT messages', async () => {
    const { first } = await clients(1);
    for (let message = 1; message <= 5; message++)
      expect(await first.xadd('t', '*', 'p', `${message}`)).toBe(`${message}-0`);
    const read = async (from: string) => {
      const [stream] = (await first.xread('COUNT', 2, 'STREAMS', 't', from)) ?? [];
      return stream?.[1].map(([id, [, text]]) => [id, text]);
    };
    expect(await read('0')).toEqual([
      ['1-0', '1'],
      ['2-0', '2'],
    ]);
    expect(await read('2-0')).toEqual([
      ['3-0', '3'],
      ['4-0', '4'],
    ]);
    expect(await read('4-0')).toEqual([['5-0', '5']]);
    expect(await read('5-0')).toBeUndefined();
    expect(await read('$')).toBeUndefined();
  });

  test('XREAD BLOCK waits for the next message of any of its streams, until its timeout', async () => {
    const { first, second } = await clients(2);
    const waiting = first.xread('BLOCK', 0, 'STREAMS', 'quiet', 'loud', '0', '0');
    await second.xadd('loud', '*', 'p', 'now');
    expect(await waiting).toEqual([['loud', [['1-0', ['p', 'now']]]]]);
    expect(await first.xread('BLOCK', 20, 'STREAMS', 'quiet', '0')).toBeNull();
  });

  test('XREAD BLOCK returns the messages of all its streams, so that a busy one does not starve the others', async () => {
    const { first } = await clients(1);
    for (const stream of ['a', 'b', 'c']) await first.xadd(stream, '*', 'p', stream);
    const reply = await first.xread('COUNT', 10, 'BLOCK', 0, 'STREAMS', 'a', 'b', 'c', '0', '0', '0');
    expect(reply?.map(([stream]) => stream)).toEqual(['a', 'b', 'c']);
  });

  test('CLIENT UNBLOCK ends the wait of another connection by its ID', async () => {
    const { first, second } = await clients(2);
    const id = await first.client('ID');
    expect(id).not.toBe(await second.client('ID'));
    expect(await second.client('UNBLOCK', id)).toBe(0);
    const waiting = first.xread('BLOCK', 0, 'STREAMS', 'quiet', '0');
    // Repeated, because there is nothing to unblock until the server has received the XREAD.
    while ((await second.client('UNBLOCK', id)) === 0);
    expect(await waiting).toBeNull();
    const again = expect(first.xread('BLOCK', 0, 'STREAMS', 'quiet', '0')).rejects.toThrow('UNBLOCKED');
    while ((await second.client('UNBLOCK', id, 'ERROR')) === 0);
    await again;
  });

  test('SCAN, OBJECT IDLETIME and DEL work as a clean-up needs them, and no key of a run is ever idle', async () => {
    const { first } = await clients(1);
    await first.incr('s');
    await first.xadd('t', '*', 'p', '1');
    await first.get('never signalled');
    const [cursor, keys] = await first.scan(0, 'COUNT', 50);
    expect([cursor, keys.sort()]).toEqual(['0', ['s', 't']]);
    expect([await first.object('IDLETIME', 's'), await first.object('IDLETIME', 'none')]).toEqual([0, null]);
    expect(await first.del('s', 't', 'none')).toBe(2);
    expect([await first.get('s'), await first.xlen('t'), await first.incr('s')]).toEqual([null, 0, 1]);
  });

  test('DEL does not remove a state that is being awaited', async () => {
    const { first, second, store } = await clients(2);
    await first.incr('s');
    const waiting = barrier(store, 's', 2, new AbortController().signal);
    expect(await second.del('s')).toBe(0);
    await second.incr('s');
    await waiting;
  });
});

test('XREAD returns messages of 30 MiB one at a time, and leaves none out', async () => {
  const { first } = await clients(1);
  const large = 'x'.repeat(30 * 1024 * 1024);
  for (let message = 0; message < 10; message++) await first.xadd('t', '*', 'p', large);
  await first.xadd('t', '*', 'p', 'small');
  let last = '0';
  const sizes: (number | undefined)[] = [];
  for (;;) {
    const [stream] = (await first.xread('COUNT', 10, 'STREAMS', 't', last)) ?? [];
    if (stream === undefined) break;
    expect(stream[1]).toHaveLength(1);
    for (const [id, [, text]] of stream[1]) {
      sizes.push(text?.length);
      last = id;
    }
  }
  expect(sizes).toEqual([...Array(10).fill(large.length), 5]);
});

describe('Redis clients of an endpoint that also has WebSocket clients', () => {
  test('share barriers and topics with these, in one order', async () => {
    const { endpoint, first } = await clients(1);
    const web = await rawClient(endpoint);
    web.send('{"id":"b","barrier":{"state":"s","target":2}}');
    web.send('{"id":"s","signal_entry":{"state":"s"}}');
    expect(JSON.parse(await web.next())).toMatchObject({ id: 's', signal_entry: { seq: 1 } });
    expect(await first.incr('s')).toBe(2);
    expect(JSON.parse(await web.next())).toMatchObject({ id: 'b', error: '' });
    await first.xadd('t', '*', 'p', '{"n":12345678901234567890}');
    web.send('{"id":"p","publish":{"topic":"t","payload":"ünï"}}');
    expect(JSON.parse(await web.next())).toMatchObject({ publish: { seq: 2 } });
    web.send('{"id":"r","subscribe":{"topic":"t"}}');
    const heard = [JSON.parse(await web.next()).subscribe, JSON.parse(await web.next()).subscribe];
    const [stream] = (await first.xread('STREAMS', 't', '0')) ?? [];
    expect(heard).toEqual(['{"n":12345678901234567890}', '"ünï"']);
    expect(stream?.[1].map(([, [, text]]) => text)).toEqual(heard);
  });

  test('count as waiting at the states that they poll and the streams that they read', async () => {
    const { endpoint, first, second } = await clients(2);
    await first.incr('s');
    await first.mget('s', 'other');
    const id = await second.client('ID');
    const waiting = second.xread('BLOCK', 0, 'STREAMS', 't', '0');
    expect(await first.mget('s', 's')).toEqual(['1', '1']);
    expect(endpoint.waiting()).toEqual([
      {
        kind: 'barrier',
        state: 's',
        target: undefined,
        count: 1,
        forMs: expect.any(Number),
        polledMs: expect.any(Number),
      },
      { kind: 'topic', topic: 't', messages: 0, forMs: expect.any(Number) },
    ]);
    await first.client('UNBLOCK', id);
    await waiting;
    expect(endpoint.waiting().filter(({ kind }) => kind === 'topic')).toEqual([]);
  });
});

describe('barriers of an old SDK, which polls over any connection of its pool', () => {
  test('wait once, and polls over any connection are not counted as operations', async () => {
    const store = new MemoryStore();
    await using server = new SyncServer(store);
    const entries: string[] = [];
    const endpoint = await server.open({
      note: (entry) => void entries.push(`${entry.did} ${'state' in entry ? entry.state : ''}`),
    });
    const [one, two] = [await respClient(endpoint), await respClient(endpoint)];
    const ask = async (client: RespClient, ...states: string[]) => {
      client.send('MGET', ...states);
      await client.lines(1 + states.length);
    };
    await ask(one, 'a', 'b');
    const before = server.operations;
    await ask(two, 'a', 'b');
    await ask(one, 'a', 'b');
    // The pool replaces one of them.
    one.close();
    await ask(two, 'a', 'b');
    const three = await respClient(endpoint);
    await ask(three, 'a', 'b');
    expect(server.operations).toBe(before);
    expect(endpoint.waiting().map((its) => its.kind === 'barrier' && its.state)).toEqual(['a', 'b']);
    await ask(three, 'b');
    expect(endpoint.waiting().map((its) => its.kind === 'barrier' && its.state)).toEqual(['b']);
    expect(entries).toEqual(['wait a', 'wait b', 'pass a']);
    for (const client of [two, three]) client.close();
    await expect.poll(() => entries.at(-1), { timeout: 30_000 }).toBe('leave b');
    expect(endpoint.waiting()).toEqual([]);
  });

  test('keep waiting if the only connection is closed before the next one is opened', async () => {
    await using server = new SyncServer(new MemoryStore());
    const entries: string[] = [];
    const endpoint = await server.open({ note: ({ did }) => void entries.push(did) });
    const ask = async (client: RespClient) => {
      client.send('MGET', 'a');
      await client.lines(2);
    };
    const one = await respClient(endpoint);
    await ask(one);
    const before = server.operations;
    one.close();
    await one.closed;
    await expect.poll(() => endpoint.connections).toBe(0);
    await ask(await respClient(endpoint));
    expect(server.operations).toBe(before);
    expect(entries).toEqual(['wait']);
    endpoint.close();
    expect(entries).toEqual(['wait', 'leave']);
  });

  test('opening and closing a connection is not counted as an operation', async () => {
    await using server = new SyncServer(new MemoryStore());
    const endpoint = await server.open();
    const before = server.operations;
    const client = await respClient(endpoint);
    client.send('PING');
    await client.lines(1);
    client.close();
    await client.closed;
    expect(server.operations).toBe(before);
  });
});

describe('anything else gets a clear error and is reported', () => {
  test.each([
    [
      ['FLUSHALL'],
      /^-ERR unknown command 'FLUSHALL': this is the sync service of tg, which supports .*XREAD/,
    ],
    [['CLIENT', 'KILL', '1'], /^-ERR CLIENT supports only ID and UNBLOCK here, not "KILL"/],
    [['INCR'], /^-ERR wrong number of arguments for 'incr' command/],
    [['XADD', 't', '5-0', 'p', '1'], /^-ERR XADD supports only the ID \* here/],
    [['XADD', 't', '*', 'q', '1'], /^-ERR XADD supports only entries with the one field "p"/],
    [['XREAD', 'STREAMS', 'a', 'b', '0'], /^-ERR Unbalanced XREAD/],
    [['XREAD', 'COUNT', 'x', 'STREAMS', 'a', '0'], /^-ERR syntax error in XREAD/],
    [['XREAD', 'STREAMS', 't', 'zero'], /^-ERR Invalid stream ID/],
    [['EXEC'], /^-ERR EXEC without MULTI/],
    [
      ['GET', 'run:another:x'],
      /^-ERR the key "run:another:x" is not a key of this run: those begin with "run:this:"/,
    ],
    [['XADD', 't', '*', 'p', '<too much>'], /^-ERR the entry is too large/],
  ])('%j', async ([...words], error) => {
    const { endpoint, reported } = await someService('run:this:');
    const client = await respClient(endpoint);
    const meant: Record<string, string> = { t: 'run:this:t', '<too much>': 'x'.repeat(maxPayloadBytes + 1) };
    client.send(...words.map((word) => meant[word] ?? word));
    expect((await client.lines(1))[0]).toMatch(error);
    expect(reported).toHaveLength(1);
    // The connection stays usable.
    client.send('ping');
    expect(await client.lines(1)).toEqual(['+PONG']);
  });

  test('an error in a transaction discards the transaction', async () => {
    const { endpoint } = await someService();
    const client = await respClient(endpoint);
    client.send('MULTI');
    client.send('INCR', 's');
    client.send('HSET', 'a', 'b', 'c');
    client.send('EXEC');
    client.send('GET', 's');
    const [ok, queued, error, aborted, nothing] = await client.lines(5);
    expect([ok, queued, nothing]).toEqual(['+OK', '+QUEUED', '$-1']);
    expect(error).toMatch(/^-ERR unknown command 'HSET'/);
    expect(aborted).toMatch(/^-EXECABORT/);
    client.send('MULTI');
    client.send('BOO');
    client.send('DISCARD');
    client.send('MULTI');
    client.send('EXEC');
    expect((await client.lines(5)).slice(2)).toEqual(['+OK', '+OK', '*0']);
  });

  test.each([
    ['a number', '*1\r\n:5\r\n'],
    ['not RESP', '*x\r\nnonsense\r\n'],
    ['an empty command', '*0\r\n'],
  ])('%s: answers with an error and closes the connection', async (_, bytes) => {
    const { endpoint, reported } = await someService();
    const client = await respClient(endpoint);
    client.raw(bytes);
    expect((await client.lines(1))[0]).toMatch(/^-ERR Protocol error/);
    await client.closed;
    expect(reported).toEqual([expect.stringMatching(/^cut off: /)]);
    expect(await (await someRedisClient(endpoint)).ping()).toBe('PONG');
  });

  test.each([
    ['an array with too many elements', '*4294967296\r\n'],
    ['deeply nested arrays', '*1\r\n'.repeat(200_000)],
  ])('%s: closes the connection and serves other clients', async (_, bytes) => {
    const { endpoint, reported } = await someService();
    const client = await respClient(endpoint);
    client.raw(bytes);
    await client.closed;
    expect(reported).toEqual([expect.stringMatching(/^cut off: /)]);
    expect(await (await someRedisClient(endpoint)).ping()).toBe('PONG');
  });

  test('a command without an end: closes the connection at the limit and serves other clients', async () => {
    const { endpoint, reported } = await someService();
    const client = await respClient(endpoint);
    client.raw(`*2\r\n$4\r\nINCR\r\n$${maxFrameBytes * 2}\r\n`);
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent <= maxFrameBytes; sent += chunk.length) client.raw(chunk);
    await client.closed;
    expect(reported).toEqual([`cut off: a command of more than ${maxFrameBytes} bytes`]);
    expect(await (await someRedisClient(endpoint)).incr('s')).toBe(1);
  });
});

test('answers 5,000 commands that arrive at once in order', async () => {
  const { endpoint } = await someService();
  const client: RespClient = await respClient(endpoint);
  const bytes = Array.from({ length: 5_000 }, () => '*2\r\n$4\r\nINCR\r\n$1\r\ns\r\n').join('');
  client.raw(bytes);
  expect(await client.lines(5_000)).toEqual(Array.from({ length: 5_000 }, (_, index) => `:${index + 1}`));
});

test('executes the commands of a connection one at a time, so that none overtakes an XREAD that waits', async () => {
  const { endpoint } = await someService();
  const [client, other] = [await respClient(endpoint), await someRedisClient(endpoint)];
  client.send('XREAD', 'BLOCK', '0', 'STREAMS', 't', '0');
  client.send('INCR', 's');
  while (endpoint.waiting().length === 0) await other.ping();
  expect(await other.get('s')).toBeNull();
  await other.xadd('t', '*', 'p', 'now');
  const lines = await client.lines(14);
  expect([lines[0], lines.at(-2), lines.at(-1)]).toEqual(['*1', 'now', ':1']);
});

test('forgets what a client was reading when it disconnects', async () => {
  const { endpoint, store } = await someService();
  const other = await someRedisClient(endpoint);
  await other.xadd('t', '*', 'p', '1');
  const client = await respClient(endpoint);
  client.send('XREAD', 'BLOCK', '0', 'STREAMS', 't', '$');
  while (endpoint.waiting().length === 0) await other.ping();
  // A topic with a reader cannot be removed.
  expect(await store.remove(['t'])).toBe(0);
  client.close();
  while (endpoint.waiting().length > 0) await other.ping();
  expect(await store.remove(['t'])).toBe(1);
});
