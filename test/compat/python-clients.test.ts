import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Endpoint } from '../../src/sync/server/endpoint.ts';
import { describeWith } from '../support/needs.ts';
import { python, runEnvironment } from '../support/python.ts';
import { rawClient, someSyncService } from '../support/sync-service.ts';

const at = ({ host, port }: Pick<Endpoint, 'host' | 'port'>) => ({
  ...runEnvironment,
  SYNC_SERVICE_HOST: host,
  SYNC_SERVICE_PORT: String(port),
});

/** A program with a connected `client` of either API; for the blocking one, `await` and `async` are removed. */
function program(api: string, body: string): string {
  const lines = body.trim().split('\n');
  const indented = lines.map((line) => `    ${line}\n`).join('');
  return api === 'asyncio'
    ? `import asyncio, json, os, signal, threading, tg_sdk
async def main():
    runenv = tg_sdk.RunEnv.current()
    client = await tg_sdk.AsyncSyncClient.connect(runenv)
${indented}    await client.close()
asyncio.run(main())`
    : `import json, os, signal, threading, tg_sdk
def main():
    runenv = tg_sdk.RunEnv.current()
    client = tg_sdk.SyncClient.connect(runenv)
${indented.replaceAll('await ', '').replaceAll('async ', '')}    client.close()
main()`;
}

/** A service whose answers the test determines. @returns its endpoint, and the requests that it received. */
async function someServer(onRequest: (socket: WebSocket, request: Record<string, unknown>) => void) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, 'listening');
  const requests: Record<string, unknown>[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const request = JSON.parse(data.toString());
      requests.push(request);
      onRequest(socket, request);
    });
  });
  const { port } = server.address() as AddressInfo;
  return { endpoint: { host: '127.0.0.1', port }, requests };
}

const answer = (id: unknown, more: object = {}) =>
  JSON.stringify({ id, error: '', publish: null, subscribe: '', signal_entry: null, ...more });
/** Answers entries into states, and nothing else. */
const answerEntries = (socket: WebSocket, request: Record<string, unknown>) => {
  if (request['signal_entry']) socket.send(answer(request['id'], { signal_entry: { seq: 1 } }));
};

describeWith('python3', 'the sync client of the SDK for Python', () => {
  test.each(['blocking', 'asyncio'])(
    '%s: has entries, barriers and topics, and leaves no thread',
    async (api) => {
      const endpoint = await someSyncService();
      const { stdout, stderr } = await python(
        program(
          api,
          `
print(await client.signal_entry("s"), await client.signal_and_wait("s", 2), await client.barrier("s", 0))
for payload in (None, 12345678901234567890, "ü\\u2028\\0", {"z": [1, {}], "a": True}, "x" * 1000000):
    await client.publish("t", payload)
seq, messages = await client.publish_subscribe("t", "last")
got = []
async for message in messages:
    got.append(message if len(str(message)) < 100 else len(message))
    if message == "last":
        break
print(seq, json.dumps(got))
print(await client.publish_and_wait("t", [], "s", 2))
again = client.subscribe("t")
print(await again.next(timeout=30), await again.next())
again.close()
print(threading.active_count())
`,
        ),
        at(endpoint),
      );
      expect([stderr, stdout.split('\n')]).toEqual([
        '',
        [
          '1 2 None',
          '6 [null, 12345678901234567890, "\\u00fc\\u2028\\u0000", {"z": [1, {}], "a": true}, 1000000, "last"]',
          '7',
          'None 12345678901234567890',
          '1',
        ],
      ]);
      const raw = await rawClient(endpoint);
      raw.send('{"id":"1","barrier":{"state":"run:r:plan:p:case:c:states:s","target":2}}');
      expect(JSON.parse(await raw.next())).toMatchObject({ id: '1', error: '' });
    },
  );

  test.each(['blocking', 'asyncio'])('%s: a wait that times out is cancelled at the service', async (api) => {
    const { endpoint, requests } = await someServer(answerEntries);
    const { stdout } = await python(
      program(
        api,
        `
for wait in (lambda: client.barrier("never", 3, timeout=0.05), lambda: client.subscribe("t").next(timeout=0)):
    try:
        await wait()
    except tg_sdk.SyncTimeout as error:
        print(isinstance(error, TimeoutError), error)
await client.signal_entry("s")
`,
      ),
      at(endpoint),
    );
    expect(stdout.split('\n')).toEqual([
      'True entry 3 into state "never" did not come within 0.05 s',
      'True a message of topic "t" did not come within 0 s',
    ]);
    expect(requests).toEqual([
      { id: '0', barrier: { state: 'run:r:plan:p:case:c:states:never', target: 3 } },
      { id: '0', is_cancel: true },
      { id: '1', subscribe: { topic: 'run:r:plan:p:case:c:topics:t' } },
      { id: '1', is_cancel: true },
      { id: '2', signal_entry: { state: 'run:r:plan:p:case:c:states:s' } },
    ]);
  });

  test('asyncio: cancelling a task cancels its wait at the service', async () => {
    const { endpoint, requests } = await someServer(answerEntries);
    const { stdout } = await python(
      program(
        'asyncio',
        `
waiting = asyncio.create_task(client.barrier("never", 3))
await client.signal_entry("s")
waiting.cancel()
print(await asyncio.gather(waiting, return_exceptions=True))
await client.signal_entry("s")
`,
      ),
      at(endpoint),
    );
    expect(stdout).toMatch(/^\[CancelledError\(/);
    expect(requests.map(({ id, is_cancel }) => [id, is_cancel])).toContainEqual(['1', true]);
  });

  test.each(['blocking', 'asyncio'])(
    '%s: answers a ping during a wait, and ends a subscription when its loop is left',
    async (api) => {
      const { endpoint, requests } = await someServer((socket, request) => {
        answerEntries(socket, request);
        if (request['barrier']) {
          socket.ping('still there?');
          socket.once('pong', (data) => socket.send(answer(request['id'], { error: data.toString() })));
        }
        if (request['subscribe'])
          for (const word of ['"a"', '"b"']) socket.send(answer(request['id'], { subscribe: word }));
      });
      const { stdout } = await python(
        program(
          api,
          `
async for word in client.subscribe("t"):
    print(word)
    break
try:
    await client.barrier("s", 1)
except tg_sdk.SyncError as error:
    print(error)
`,
        ),
        at(endpoint),
      );
      expect(stdout.split('\n')).toEqual(['a', 'still there?']);
      expect(requests.map(({ id, is_cancel }) => [id, is_cancel])).toEqual([
        ['0', undefined],
        ['0', true],
        ['1', undefined],
      ]);
    },
  );

  test.each<[string, string, (socket: Socket) => void, RegExp]>([
    ['blocking', 'in mid-frame', (socket) => socket.end(Buffer.from([0x81, 100, 0x7b])), /was closed$/],
    ['asyncio', 'in mid-frame', (socket) => socket.end(Buffer.from([0x81, 100, 0x7b])), /was closed$/],
    [
      'blocking',
      'with a reason',
      (socket) => socket.end(Buffer.from([0x88, 5, 3, 0xf0, 0x62, 0x79, 0x65])),
      /was closed by the service \(1008: bye\)$/,
    ],
    [
      'asyncio',
      'with a reason',
      (socket) => socket.end(Buffer.from([0x88, 5, 3, 0xf0, 0x62, 0x79, 0x65])),
      /was closed by the service \(1008: bye\)$/,
    ],
    [
      'blocking',
      'because a message is too large',
      (socket) => socket.end(Buffer.from([0x88, 2, 3, 0xf1])),
      /was closed by the service \(1009: what it was sent is too large\)$/,
    ],
    ['blocking', 'by a reset', (socket) => socket.resetAndDestroy(), /was closed|broke: .*reset/],
    ['asyncio', 'by a reset', (socket) => socket.resetAndDestroy(), /was closed|broke: .*reset/],
    [
      'blocking',
      'with nonsense',
      (socket) => socket.write(Buffer.from([0x81, 2, 0x68, 0x69])),
      /broke: it sent a message that is not an answer$/,
    ],
    [
      'asyncio',
      'with nonsense',
      (socket) => socket.write(Buffer.from([0x81, 2, 0x68, 0x69])),
      /broke: it sent a message that is not an answer$/,
    ],
  ])(
    '%s: pending and later calls fail with the reason if the service ends %s',
    async (api, _, end, words) => {
      const { endpoint } = await someServer((socket) =>
        end((socket as unknown as { _socket: Socket })._socket),
      );
      const { stdout, stderr } = await python(
        program(
          api,
          `
for wait in (lambda: client.barrier("s", 1), lambda: client.publish("t", 1)):
    try:
        await wait()
    except tg_sdk.SyncError as error:
        print(error)
`,
        ),
        at(endpoint),
      );
      expect(stderr).toBe('');
      const lines = stdout.split('\n');
      expect(lines).toHaveLength(2);
      for (const line of lines) {
        expect(line).toContain(`the connection to the sync service at ws://127.0.0.1:${endpoint.port} `);
        expect(line).toMatch(words);
      }
    },
  );

  test.each(['blocking', 'asyncio'])(
    '%s: explains a missing service, another kind of service, and an invalid port',
    async (api) => {
      const http = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
      onTestFinished(() => void http.close());
      await once(http, 'listening');
      const { port } = http.address() as AddressInfo;
      const wordsAt = async (host: string, ofPort: string) => {
        const { exitCode, stderr } = await python(
          program(api, 'pass'),
          at({ host, port: ofPort as unknown as number }),
        );
        expect(exitCode).toBe(1);
        return stderr.split('\n').at(-1);
      };
      expect(await wordsAt('127.0.0.1', '1')).toMatch(
        /^tg_sdk.SyncError: no sync service answers at ws:\/\/127.0.0.1:1 \(.*refused.*\); outside a run, start one with: tg sync-service$/,
      );
      expect(await wordsAt('127.0.0.1', String(port))).toMatch(
        /no sync service answers at .* \(broke: it answered "HTTP\/1.1 404 Not Found"\)/,
      );
      expect(await wordsAt('no-such-host.invalid', '1')).toMatch(
        /no sync service answers at ws:\/\/no-such-host.invalid:1 \(/,
      );
      expect(await wordsAt('127.0.0.1', 'http')).toBe(
        'tg_sdk.SyncError: SYNC_SERVICE_PORT must be the number of a port, not "http"',
      );
    },
  );

  test.each(['blocking', 'asyncio'])(
    '%s: refuses invalid targets and values before sending them',
    async (api) => {
      const { stdout } = await python(
        program(
          api,
          `
for wait in (lambda: client.barrier("s", -1), lambda: client.barrier("s", 1.5), lambda: client.publish("t", {1, 2}), lambda: client.publish("t", float("nan"))):
    try:
        await wait()
    except (TypeError, ValueError) as error:
        print(error)
print(await client.publish("t", "fine"))
`,
        ),
        at(await someSyncService()),
      );
      expect(stdout.split('\n')).toEqual([
        'the target of barrier "s" must be a whole number from 0, not -1',
        'the target of barrier "s" must be a whole number from 0, not 1.5',
        'the value to publish is not valid JSON: Object of type set is not JSON serializable',
        expect.stringMatching(/^the value to publish is not valid JSON: Out of range float values/),
        '1',
      ]);
    },
  );

  test('blocking: 8 threads share a client, and none is left', async () => {
    const { stdout, stderr } = await python(
      program(
        'blocking',
        `
seqs = []
def work(index):
    for round in range(20):
        seqs.append(client.signal_and_wait(f"s{round}", 8))
        client.publish("t", index)
threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
messages = client.subscribe("t")
print(sorted(seqs) == sorted(list(range(1, 9)) * 20), sorted(messages.next() for _ in range(160)) == sorted(list(range(8)) * 20))
print(threading.active_count())
`,
      ),
      at(await someSyncService()),
    );
    expect([stdout, stderr]).toEqual(['True True\n1', '']);
  });

  test('blocking: SIGINT interrupts each of 300 waits, and the client goes on working', async () => {
    const { endpoint } = await someServer((socket, request) => {
      answerEntries(socket, request);
      if (request['barrier']) process.kill(Number(request['id'] === '0' ? 0 : pid), 'SIGINT');
      if (request['publish']) {
        pid = Number((request['publish'] as { payload: number }).payload);
        socket.send(answer(request['id'], { publish: { seq: 1 } }));
      }
    });
    let pid = 0;
    const { stdout } = await python(
      program(
        'blocking',
        `
client.publish("pid", os.getpid())
for _ in range(300):
    try:
        client.barrier("never", 1)
    except KeyboardInterrupt:
        pass
print("interrupted", client.signal_entry("s"))
`,
      ),
      at(endpoint),
    );
    expect(stdout).toBe('interrupted 1');
  });

  test.each(['blocking', 'asyncio'])(
    '%s: a forked child does not touch its parent’s connection',
    async (api) => {
      const { stdout, stderr } = await python(
        program(
          api,
          `
messages = client.subscribe("t")
if os.fork() == 0:
    try:
        await client.signal_entry("s")
    except tg_sdk.SyncError as error:
        print(str(error).replace(str(os.getppid()), "PARENT"), flush=True)
    messages.close()
    await client.close()
    os._exit(0)
os.wait()
await client.publish("t", "still there")
print(await messages.next())
`,
        ),
        at(await someSyncService()),
      );
      const client = api === 'asyncio' ? 'AsyncSyncClient' : 'SyncClient';
      expect(stdout.split('\n')).toEqual([
        `this sync client belongs to process PARENT; connect another one here, with ${client}.connect(runenv)`,
        'still there',
      ]);
      expect(stderr.replaceAll(/.*DeprecationWarning.*\n.*/g, '')).toBe('');
    },
  );
});
