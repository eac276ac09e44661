import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { limits } from '../../src/sync/server/limits.ts';
import { expectNothingLeft, fault, runFault } from '../support/faults.ts';
import { collectGarbageOf } from '../support/inspector.ts';
import { describeWith } from '../support/needs.ts';
import { rawClient, someService } from '../support/sync-service.ts';
import { idOnceSaid, onceSaid, processesOf, someMachine, startTg } from '../support/tg.ts';

const passed = 'success: reported success and exited with status 0';
const signal = (id: number, state = 'run:r:states:s') =>
  JSON.stringify({ id: String(id), signal_entry: { state } });

describe.concurrent('an instance that misbehaves at the sync service does not affect the others', () => {
  test.each([
    ['never-speaks', undefined],
    ['garbage', /single\[000\] at the sync service: cut off: /],
    ['many-states', undefined],
    ['trespasses', /single\[000\] at the sync service: the key "run:another:.*is not a key of this run/],
  ])('%s', async (testCase, reported) => {
    const run = await runFault(await someMachine(), testCase);
    expect([run.code, ...run.verdicts]).toEqual([0, passed, passed]);
    if (reported !== undefined) expect(run.stdout).toMatch(reported);
  });
});

// Not concurrent: the clients and the service share one thread.
describe('a client', () => {
  test('that sends requests without reading the answers is not read from until it reads', async () => {
    const { endpoint, store } = await someService();
    const asked = 200_000;
    const client = await rawClient(endpoint);
    client.pause();
    for (let id = 0; id < asked; id++) client.send(signal(id));
    // Other clients are served meanwhile; the requests of this one come to a stop.
    const other = await rawClient(endpoint);
    let before = -1;
    for (let done = 0; done !== before; ) {
      before = done;
      for (let id = 0; id < 2_000; id++) {
        other.send(signal(id, 'run:r:states:other'));
        await other.next();
      }
      done = (await store.count('run:r:states:s')) ?? 0;
    }
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(asked / 2);
    client.resume();
    for (let answers = 0; answers < asked; answers++) await client.next();
    expect(await store.count('run:r:states:s')).toBe(asked);
  });

  test('that reads gets all answers to 60,000 requests sent at once', async () => {
    const { endpoint } = await someService();
    const client = await rawClient(endpoint);
    // In one turn the answers exceed the high-water mark, and the kernel takes all of them.
    for (let id = 0; id < 60_000; id++) client.send(signal(id));
    for (let answers = 0; answers < 60_000; answers++) await client.next();
  });

  test('that subscribes without reading delays no other client, and gets every message once it reads', async () => {
    const { endpoint, reported } = await someService();
    const slow = await rawClient(endpoint);
    const reader = await rawClient(endpoint);
    const publisher = await rawClient(endpoint);
    const subscribe = JSON.stringify({ id: '1', subscribe: { topic: 'run:r:topics:t' } });
    slow.pause();
    slow.send(subscribe);
    reader.send(subscribe);
    const payload = 'x'.repeat(1_000_000);
    const numberIn = (frame: string) => JSON.parse(JSON.parse(frame).subscribe).split(' ')[0];
    for (let number = 0; number < 40; number++) {
      publisher.send(
        JSON.stringify({ id: '2', publish: { topic: 'run:r:topics:t', payload: `${number} ${payload}` } }),
      );
      await publisher.next();
      expect(numberIn(await reader.next())).toBe(String(number));
    }
    slow.resume();
    for (let number = 0; number < 40; number++) expect(numberIn(await slow.next())).toBe(String(number));
    expect(reported).toEqual([]);
  });

  test('with more than 256 MiB queued over its connections loses some of them; the others, and other instances, get all data', async () => {
    const { server, endpoint, reported, store } = await someService();
    const elsewhere: string[] = [];
    const another = await server.open({ report: (problem) => elsewhere.push(problem) });
    const topic = 'run:r:topics:t';
    const message = JSON.stringify('x'.repeat(30_000_000));
    await store.publish(topic, message);
    const read = `*4\r\n$5\r\nXREAD\r\n$7\r\nSTREAMS\r\n$${topic.length}\r\n${topic}\r\n$1\r\n0\r\n`;
    const connected = ({ port, host }: typeof endpoint, count: number) => {
      const sockets = Array.from({ length: count }, () => connect(port, host).pause());
      onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
      for (const socket of sockets) socket.on('error', () => {}).write(read);
      return sockets;
    };
    // Another instance does not read either, and stays below the limit.
    const others = connected(another, 6);
    while (another.connections < others.length) await new Promise(setImmediate);
    const sockets = connected(endpoint, 12);
    const other = await rawClient(endpoint);
    while (reported.length < 2) {
      other.send(signal(1));
      await other.next();
    }
    const words =
      /^cut off: the client does not read, and more than 268435456 bytes are queued for it \(\d+ on this connection\)$/;
    expect(reported).toEqual(reported.map(() => expect.stringMatching(words)));
    // The remaining connections get the whole message.
    const isWhole = async (socket: Socket) => {
      let length = 0;
      for await (const chunk of socket.resume()) {
        length += chunk.length;
        if (length > message.length) return true;
      }
      return false;
    };
    const whole = (some: readonly Socket[]) =>
      Promise.all(some.map((socket) => isWhole(socket).catch(() => false)));
    expect((await whole(sockets)).filter((is) => is).length).toBe(sockets.length - reported.length);
    expect([await whole(others), elsewhere]).toEqual([others.map(() => true), []]);
  });

  test('that connects and sends nothing stays; at the connection limit the oldest such connection is closed', async () => {
    const { endpoint, reported } = await someService();
    const connected = async () => {
      const socket = connect(endpoint.port, endpoint.host).resume();
      onTestFinished(() => void socket.destroy());
      await once(socket, 'connect');
      return socket;
    };
    // The oldest connection has sent a request, and stays idle afterwards.
    const spoken = await connected();
    spoken.write('*1\r\n$4\r\nPING\r\n');
    await once(spoken, 'data');
    const silent = [];
    while (silent.length < limits.connections - 1) silent.push(await connected());
    const closed = once(silent[0] ?? spoken, 'close');
    const other = await connected();
    other.write('*1\r\n$4\r\nPING\r\n');
    await once(other, 'data');
    expect(reported).toEqual([
      `closed: this connection sent no request, and at most ${limits.connections} connections may be open`,
    ]);
    await closed;
    expect([spoken, ...silent.slice(1)].filter(({ destroyed }) => destroyed)).toEqual([]);
  });

  test.each([
    [
      'a name that is too long',
      JSON.stringify({ id: '1', signal_entry: { state: 's'.repeat(5_000) } }),
      /at most 4096 are allowed/,
    ],
    [
      'a payload that is too large',
      JSON.stringify({ id: '1', publish: { topic: 't', payload: 'x'.repeat(33 * 1024 * 1024) } }),
      /is too large/,
    ],
  ])('gets an error for %s, and its next request is served', async (_, frame, words) => {
    const { endpoint } = await someService();
    const client = await rawClient(endpoint);
    client.send(frame);
    expect(JSON.parse(await client.next()).error).toMatch(words);
    client.send(signal(2));
    expect(JSON.parse(await client.next()).signal_entry).toEqual({ seq: 1 });
  });

  test('may hold at most 65,536 barriers open on one connection', async () => {
    const { endpoint } = await someService();
    const client = await rawClient(endpoint);
    for (let id = 0; id <= limits.open; id++)
      client.send(JSON.stringify({ id: String(id), barrier: { state: 's', target: 1 } }));
    expect(JSON.parse(await client.next())).toMatchObject({
      id: String(limits.open),
      error: expect.stringContaining('barriers and subscriptions are open'),
    });
    client.send(signal(-1, 's'));
    for (let answers = 0; answers <= limits.open; answers++) await client.next();
  });
});

describe('an instance', () => {
  test('may use as many connections as the limit; the next one is refused', async () => {
    const { endpoint, reported } = await someService();
    const sockets = Array.from({ length: limits.connections }, () => connect(endpoint.port, endpoint.host));
    onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    await Promise.all(
      sockets.map(async (socket) => {
        socket.write('*1\r\n$4\r\nPING\r\n');
        await once(socket, 'data');
      }),
    );
    const more = connect(endpoint.port, endpoint.host)
      .on('error', () => {})
      .resume();
    await once(more, 'close');
    expect(reported).toEqual([`refused: at most ${limits.connections} connections may be open`]);
    expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
  });
});

describe('the memory of the sync service', () => {
  const resp = (...words: string[]) =>
    `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;

  async function answerTo(endpoint: { host: string; port: number }, ...pieces: string[]): Promise<string> {
    const socket = connect(endpoint.port, endpoint.host);
    onTestFinished(() => void socket.destroy());
    let said = '';
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        said += chunk;
      });
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise(setImmediate);
    }
    while (!said.includes('-')) await new Promise(setImmediate);
    return said.slice(said.indexOf('-'));
  }

  test('is protected: a huge array is refused by its header, whole or in pieces', async () => {
    const { endpoint } = await someService();
    const before = process.memoryUsage().rss;
    expect(await answerTo(endpoint, '*33000000\r\n')).toContain('more than 10000 words');
    expect(await answerTo(endpoint, '*330', '00000\r\n')).toContain('more than 10000 words');
    expect(await answerTo(endpoint, `${resp('PING')}*33000000\r\n`)).toContain('more than 10000 words');
    // An array of that many words takes 264 MB.
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  });

  test('is protected: a transaction without end is refused', async () => {
    const { endpoint } = await someService();
    const commands = Array.from({ length: 1_100 }, () => resp('INCR', 's')).join('');
    expect(await answerTo(endpoint, resp('MULTI') + commands)).toContain('a transaction of more than');
  });

  test('holds a message once for 300 subscriptions of a client that does not read', async () => {
    const { endpoint, store } = await someService();
    const client = await rawClient(endpoint);
    client.pause();
    for (let id = 0; id < 300; id++)
      client.send(JSON.stringify({ id: String(id), subscribe: { topic: 'run:r:topics:t' } }));
    while (endpoint.waiting().length < 300) await new Promise(setImmediate);
    await store.publish('run:r:topics:t', JSON.stringify('x'.repeat(1_000_000)));
    const before = process.memoryUsage().rss;
    const other = await rawClient(endpoint);
    for (let id = 0; id < 1_000; id++) {
      other.send(signal(id));
      await other.next();
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
    client.resume();
    for (let answers = 0; answers < 300; answers++) await client.next();
  });
});

describe('a browser', () => {
  test.each([
    [undefined, true],
    ['http://localhost:3000', true],
    ['http://127.0.0.1:8080', true],
    ['http://[::1]', true],
    ['https://example.org', false],
    ['http://127.0.0.1.example.org', false],
    ['http://localhost.example.org', false],
    ['null', false],
    ['', false],
  ])('with the Origin %s is served: %s', async (origin, served) => {
    const { endpoint, reported } = await someService();
    const headers = origin === undefined ? {} : { origin };
    // The Rust crate sends this Host.
    const socket = new WebSocket(`ws://${endpoint.host}:${endpoint.port}`, {
      headers: { ...headers, host: '...' },
    });
    onTestFinished(() => socket.terminate());
    const opened = await new Promise((resolve) => {
      socket.once('open', () => resolve(true)).once('error', () => resolve(false));
    });
    expect(opened).toBe(served);
    const answer = await fetch(`http://${endpoint.host}:${endpoint.port}/write`, {
      method: 'POST',
      body: 'm v=1',
      headers,
    });
    expect(answer.status === 403).toBe(!served);
    expect(reported.some((text) => text.startsWith('refused: web pages of'))).toBe(!served);
  });
});

describe('a topic of 400 MB', () => {
  test('is stored and delivered, and takes less memory than two copies of its content', async () => {
    const machine = await someMachine({ NODE_OPTIONS: '--inspect=127.0.0.1:0' });
    const service = startTg(machine, ['sync-service', '--port', '0']);
    onTestFinished(async () => {
      service.kill('SIGTERM');
      await service;
    });
    const firstError = once(service.stderr, 'data');
    const said = await onceSaid(service, 'SYNC_SERVICE_PORT');
    const [listening] = await firstError;
    const port = Number(/SYNC_SERVICE_PORT=(\d+)/.exec(said)?.[1]);
    const [publisher, reader] = [
      await rawClient({ host: '127.0.0.1', port }),
      await rawClient({ host: '127.0.0.1', port }),
    ];
    reader.send(JSON.stringify({ id: '1', subscribe: { topic: 'run:r:topics:t' } }));
    const frame = JSON.stringify({
      id: '2',
      publish: { topic: 'run:r:topics:t', payload: 'x'.repeat(4_000_000) },
    });
    for (let number = 1; number <= 100; number++) {
      publisher.send(frame);
      expect(JSON.parse(await publisher.next()).publish).toEqual({ seq: number });
      expect((await reader.next()).length).toBeGreaterThan(4_000_000);
    }
    // Otherwise 150 to 400 MiB are garbage, depending on the load of the machine.
    await collectGarbageOf(/Debugger listening on (ws:\S+)/.exec(String(listening))?.[1] ?? '');
    const status = readFileSync(`/proc/${service.pid}/status`, 'utf8');
    expect(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024).toBeLessThan(2 * 381);
  });
});

describeWith('redis', 'a Redis that tg starts', () => {
  test('listens on loopback only and keeps nothing on disk', async () => {
    const machine = await someMachine();
    const run = startTg(machine, fault('stays', '-i', '1', '--sync', 'redis'));
    const said = await onceSaid(run, 'I stay');
    const runId = /run is queued with ID: (\S+)/.exec(said)?.[1] ?? '';
    const port = /a private Redis at redis:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1] ?? '';
    const get = async (key: string) =>
      (await execa('redis-cli', ['-p', port, 'config', 'get', key])).stdout.split('\n')[1];
    expect([await get('bind'), await get('save'), await get('appendonly')]).toEqual(['127.0.0.1', '', 'no']);
    const hex = Number(port).toString(16).toUpperCase().padStart(4, '0');
    const listening = ['tcp', 'tcp6'].flatMap((name) =>
      readFileSync(`/proc/net/${name}`, 'utf8')
        .split('\n')
        .filter((line) => line.includes(`:${hex} `) && / 0A /.test(line)),
    );
    expect(listening.map((line) => line.trim().split(/\s+/)[1])).toEqual([`0100007F:${hex}`]);
    run.kill('SIGINT');
    await run;
    await expectNothingLeft(machine, runId);
  });
});

test('a run reports the origin of a web page that it refuses', async () => {
  const machine = await someMachine();
  const run = startTg(machine, fault('stays', '-i', '1'));
  const runId = await idOnceSaid(run, 'I stay');
  const [pid = ''] = await processesOf(runId);
  const environ = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  const port = Number(environ.find((entry) => entry.startsWith('SYNC_SERVICE_PORT='))?.split('=')[1]);
  // Wait for the line before causing it.
  const reported = onceSaid(
    run,
    'single[000] at the sync service: refused: web pages of https://example.org may not connect',
  );
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { origin: 'https://example.org' } });
  expect(answer.status).toBe(403);
  await reported;
  run.kill('SIGINT');
  await run;
});
