import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Forwarder } from '../../src/influx/forward.ts';
import { someInfluxd } from '../support/influxd.ts';
import { describeWith } from '../support/needs.ts';

describeWith('influxd', 'forwarding to a real InfluxDB', () => {
  test('delivers every point with its timestamp', async () => {
    const { url, query } = await someInfluxd();
    const warnings: string[] = [];
    {
      await using forwarder = await Forwarder.open(url, (text) => warnings.push(text));
      for (let batch = 0; batch < 30; batch++) {
        forwarder.send(
          Array.from(
            { length: 1_000 },
            (_, index) => `m,batch=${batch} v=${index}i,s="a \\"b\\"" ${1_000 + index}`,
          ),
        );
      }
    }
    expect(warnings).toEqual([]);
    expect(await query('SELECT count(v) FROM m')).toEqual([[0, 30_000]]);
    expect(await query("SELECT v, s FROM m WHERE batch = '7' AND time = 1500")).toEqual([
      [1500, 500, 'a "b"'],
    ]);
  });

  test('counts refused points in a warning with the error of InfluxDB, and delivers the others', async () => {
    const { url, query } = await someInfluxd();
    const warnings: string[] = [];
    {
      await using forwarder = await Forwarder.open(url, (text) => warnings.push(text));
      forwarder.send(['m v=1 1']);
      // The next points are in a batch of their own.
      await new Promise((resolve) => setImmediate(resolve));
      while ((await query('SELECT count(v) FROM m')).length === 0);
      forwarder.send(['m v="a text where there was a number" 2']);
    }
    expect(warnings).toEqual([
      expect.stringMatching(
        /^1 metric points could not be forwarded to http.*field type conflict.*they are in the outputs$/,
      ),
    ]);
    expect(await query('SELECT count(v) FROM m')).toEqual([[0, 1]]);
  });
});

test('the forwarder sends many points at once, and points that come just before it closes', async () => {
  let points = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url?.startsWith('/write')) points += body.split('\n').length;
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const warnings: string[] = [];
  for (let turns = 0; turns < 12; turns++) {
    points = 0;
    {
      await using forwarder = await Forwarder.open(url, (text) => warnings.push(text));
      forwarder.send(Array.from({ length: turns === 0 ? 300_000 : 1 }, (_, index) => `m v=${index}`));
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      forwarder.send(['m v=1']);
    }
    expect(points).toBe(turns === 0 ? 300_001 : 2);
  }
  expect(warnings).toEqual([]);
});

test('the forwarder queues 64 MiB for a server that does not answer, and drops and counts further points', async () => {
  let answers = false;
  // A set, because a request that took too long is sent again.
  const arrived = new Set<string>();
  const late: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url?.startsWith('/write')) for (const point of body.split('\n')) arrived.add(point);
    const reply = () => response.writeHead(204).end();
    if (answers || request.url?.startsWith('/query')) reply();
    else late.push(reply);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const warnings: string[] = [];
  const sent = 100_000;
  {
    await using forwarder = await Forwarder.open(url, (text) => warnings.push(text));
    const text = 'x'.repeat(1_000);
    for (let some = 0; some < sent; some += 1_000) {
      forwarder.send(Array.from({ length: 1_000 }, (_, index) => `m v="${text}" ${some + index}`));
      await new Promise((resolve) => setImmediate(resolve));
    }
    answers = true;
    for (const reply of late) reply();
  }
  // What was queued and what was in flight.
  expect(arrived.size).toBeLessThan((72 * 1024 * 1024) / 1_000);
  const lost = sent - arrived.size;
  expect(warnings).toEqual([
    `${lost} metric points could not be forwarded to ${url} (${lost} dropped: more than 64 MiB were waiting to be sent); they are in the outputs`,
  ]);
});

test('the forwarder fails to open if no server answers', async () => {
  await expect(Forwarder.open('http://127.0.0.1:2', () => {})).rejects.toThrow(
    /^the InfluxDB at http:\/\/127\.0\.0\.1:2 cannot be used: .*ECONNREFUSED/,
  );
});

test('user and password of the URL go into the Authorization header, and not into messages', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization, request.url?.split('?')[0]);
    response.writeHead(asked.length > 2 ? 401 : 200).end(asked.length > 2 ? 'go away' : '');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const warnings: string[] = [];
  {
    await using forwarder = await Forwarder.open(`http://me:s%20ecret@127.0.0.1:${port}/influx/`, (text) =>
      warnings.push(text),
    );
    forwarder.send(['m v=1 1']);
  }
  const authorization = `Basic ${Buffer.from('me:s ecret').toString('base64')}`;
  expect(asked).toEqual([authorization, '/influx/query', authorization, '/influx/write']);
  expect(warnings).toEqual([
    `1 metric points could not be forwarded to http://127.0.0.1:${port} (status 401: go away); they are in the outputs`,
  ]);
});
