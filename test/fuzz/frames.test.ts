import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { rawClient, someService } from '../support/sync-service.ts';
import { Chance, fuzzRounds, fuzzSeed } from './random.ts';

const rounds = fuzzRounds(5_000, 100_000);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Memory in use after a garbage collection, in MB. */
function memory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

const key = 'run:r:plan:p:case:c:';
const frames = [
  `{"id":"1","signal_entry":{"state":"${key}states:a"}}`,
  `{"id":"2","barrier":{"state":"${key}states:a","target":1}}`,
  `{"id":"3","barrier":{"state":"${key}states:b","target":9999}}`,
  `{"id":"4","publish":{"topic":"${key}topics:t","payload":{"a":[1,2,{"b":null}],"c":"\\u00e4"}}}`,
  `{"id":"5","subscribe":{"topic":"${key}topics:u"}}`,
  '{"id":"5","is_cancel":true}',
  `*2\r\n$4\r\nINCR\r\n$${key.length}\r\n${key}\r\n`,
  `*3\r\n$5\r\nXREAD\r\n$7\r\nSTREAMS\r\n$1\r\nt\r\n`,
  '*1\r\n$4\r\nPING\r\n*1\r\n$5\r\nMULTI\r\n*1\r\n$4\r\nEXEC\r\n',
  'GET / HTTP/1.1\r\nhost: ...\r\nupgrade: websocket\r\n\r\n',
  'POST /write?db=testground HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\nm v=1 12',
].map((text) => Buffer.from(text));
const pieces = [
  '"id"',
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  'null',
  '-1',
  '1e999',
  '\\u0000',
  '*',
  '$',
  '\r\n',
  '$-1',
  '*99999999',
  '\0',
  'é',
];

test(`${rounds} random frames disturb no other client, and memory stays flat`, async () => {
  const chance = new Chance(fuzzSeed());
  const { endpoint, store } = await someService('run:r:');
  const bystander = await rawClient(endpoint);
  const topic = `${key}topics:t`;
  let asked = 0;
  /** The number of batches from which the store has kept something. */
  let understood = 0;
  /** Expects a correct answer to another client. */
  const look = async () => {
    asked++;
    bystander.send(JSON.stringify({ id: String(asked), signal_entry: { state: `${key}states:witness` } }));
    expect(JSON.parse(await bystander.next())).toMatchObject({
      id: String(asked),
      signal_entry: { seq: asked },
    });
    // What mutants may legitimately publish is no leak: it is removed.
    const published = (await store.keys()).filter((name) => !name.endsWith('witness'));
    if (published.length > 0) understood++;
    await store.remove([topic, ...published]);
  };
  let before = 0;
  for (let round = 0; round < rounds; ) {
    const batch = Array.from({ length: Math.min(100, rounds - round) }, () => {
      return chance.below(20) === 0
        ? chance.bytes(chance.below(300))
        : chance.mutate(chance.of(frames), pieces);
    });
    round += batch.length;
    await (chance.below(2) === 0 ? overWebSocket(endpoint, batch) : overTcp(endpoint, batch));
    await look();
    if (before === 0 && round >= rounds / 10) before = memory();
  }
  while (endpoint.waiting().length > 0) await new Promise(setImmediate);
  expect(asked).toBe(rounds / 100);
  expect(understood).toBeGreaterThan(0);
  expect(memory() - before).toBeLessThan(20);
}, 900_000);

type Address = { readonly host: string; readonly port: number };

/** Sends each message over a connection of its own: the service closes one at the first message that it refuses. */
async function overWebSocket({ host, port }: Address, batch: readonly Buffer[]): Promise<void> {
  await Promise.all(
    batch.map(async (bytes) => {
      const socket = new WebSocket(`ws://${host}:${port}`);
      socket.on('error', () => {}).on('message', () => {});
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      await new Promise<void>((resolve) => socket.once('open', () => resolve()));
      socket.send(bytes, { binary: bytes.length % 7 === 0 });
      socket.close();
      await closed;
    }),
  );
}

/** Sends the bytes as they are, each over a connection of its own, and closes it. */
async function overTcp({ host, port }: Address, batch: readonly Buffer[]): Promise<void> {
  await Promise.all(
    batch.map(async (bytes) => {
      const socket = connect(port, host);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.on('error', () => {}).resume();
      socket.end(bytes);
      await new Promise(setImmediate);
      socket.destroySoon();
      await closed;
    }),
  );
}
