import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { influxEndpoint, maxBodyBytes } from '../../src/influx/endpoint.ts';

/** An endpoint that keeps points in memory. */
async function someEndpoint(keep?: (lines: readonly string[]) => Promise<void>) {
  const kept: string[] = [];
  const reported: string[] = [];
  const server = createServer(
    influxEndpoint({
      keep: keep ?? (async (lines) => void kept.push(...lines)),
      report: (problem) => void reported.push(problem),
    }),
  ).listen(0, '127.0.0.1');
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const write = (query: string, body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(`${url}/write?${query}`, { method: 'POST', body, headers });
  return { url, kept, reported, write };
}

test('answers a ping like InfluxDB 1.x', async () => {
  const { url } = await someEndpoint();
  for (const method of ['GET', 'HEAD', 'POST']) {
    const { status, headers } = await fetch(`${url}/ping?wait_for_leader=1s`, { method });
    expect([status, headers.get('x-influxdb-version')]).toEqual([204, '1.8.10']);
  }
});

test('accepts CREATE DATABASE, and refuses other queries and paths', async () => {
  const { url } = await someEndpoint();
  const create = await fetch(`${url}/query?q=CREATE+DATABASE+%22testground%22`, { method: 'POST' });
  expect([create.status, await create.json()]).toEqual([200, { results: [{ statement_id: 0 }] }]);
  const body = new URLSearchParams({ q: 'create database x' });
  expect((await fetch(`${url}/query`, { method: 'POST', body })).status).toBe(200);
  const select = await fetch(`${url}/query?q=SELECT+*+FROM+m`);
  expect([select.status, await select.json()]).toEqual([
    400,
    { error: expect.stringContaining('answers no query except CREATE DATABASE') },
  ]);
  expect((await fetch(`${url}/query`)).status).toBe(400);
  expect((await fetch(`${url}/somewhere`)).status).toBe(404);
});

test('stores points from plain and gzipped bodies, with timestamps in nanoseconds', async () => {
  const { kept, reported, write } = await someEndpoint();
  expect((await write('db=testground', 'm v=1 7\nm v=2 8\n')).status).toBe(204);
  const gzip = { 'content-encoding': 'gzip' };
  expect((await write('consistency=&db=x&precision=ms&rp=', gzipSync('m v=3 9'), gzip)).status).toBe(204);
  expect(kept).toEqual(['m v=1 7', 'm v=2 8', 'm v=3 9000000']);
  expect(reported).toEqual([]);
});

test.each([
  ['a write without a database', '', 'm v=1', {}, 400, /database is required/],
  ['an unknown precision', 'db=x&precision=days', 'm v=1', {}, 400, /invalid precision "days"/],
  [
    'a plain body that is declared as gzip',
    'db=x',
    'm v=1',
    { 'content-encoding': 'gzip' },
    400,
    /incorrect header check/,
  ],
  [
    'a body with an invalid line',
    'db=x',
    'm v=1 7\nnonsense',
    {},
    400,
    /partial write: unable to parse 'nonsense' dropped=1/,
  ],
])('refuses and reports %s', async (_, query, body, headers, status, error) => {
  const { reported, write } = await someEndpoint();
  const response = await write(query, body, headers);
  expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([
    status,
    expect.stringMatching(error),
  ]);
  expect(reported).toEqual([expect.stringMatching(error)]);
});

test('stores the valid lines of a body that also has an invalid one', async () => {
  const { kept, write } = await someEndpoint();
  await write('db=x', 'm v=1 7\nnonsense\nm v=2 8');
  expect(kept).toEqual(['m v=1 7', 'm v=2 8']);
});

test.each([
  ['a plain body', {}, (body: Buffer<ArrayBuffer>) => body],
  ['a gzipped body', { 'content-encoding': 'gzip' }, (body: Buffer<ArrayBuffer>) => gzipSync(body)],
])('stores the points of %s of 64 MiB, and refuses one more byte', async (_, headers, encode) => {
  const { kept, reported, write } = await someEndpoint();
  const body = Buffer.alloc(maxBodyBytes + 1, '#');
  body.write('m v=1 7\n');
  expect((await write('db=x', encode(body.subarray(0, -1)), headers)).status).toBe(204);
  expect([kept, reported]).toEqual([['m v=1 7'], []]);
  expect((await write('db=x', encode(body), headers)).status).toBe(413);
  expect([kept, reported]).toEqual([['m v=1 7'], [`metrics were refused: more than ${maxBodyBytes} bytes`]]);
});

test('answers 500 and reports the reason when points cannot be stored', async () => {
  const { reported, write } = await someEndpoint(() => Promise.reject(new Error('no space left')));
  expect((await write('db=x', 'm v=1')).status).toBe(500);
  expect(reported).toEqual(['metrics could not be stored: no space left']);
});

test('answers a client that still sends a body beyond the limit, and keeps its connection open', async () => {
  const { url } = await someEndpoint();
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
  onTestFinished(() => void socket.destroy());
  const answers = socket[Symbol.asyncIterator]();
  const more = 1_000_000;
  socket.write(`POST /write?db=x HTTP/1.1\r\nHost: x\r\nContent-Length: ${maxBodyBytes + more}\r\n\r\n`);
  socket.write(Buffer.alloc(maxBodyBytes + 1, '#'));
  expect((await answers.next()).value).toMatch(/^HTTP\/1\.1 413 /);
  socket.write(Buffer.alloc(more - 1, '#'));
  socket.write('GET /ping HTTP/1.1\r\nHost: x\r\n\r\n');
  let said = '';
  while (!said.includes('HTTP/1.1 204 ')) {
    const { value, done } = await answers.next();
    if (done) throw new Error(`closed after: ${said}`);
    said += value;
  }
});
