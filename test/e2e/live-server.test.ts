import { expect, test } from 'vitest';
import type { RunReport } from '../../src/report/data.ts';
import { serveLive } from '../../src/report/live-server.ts';
import { report } from '../../src/report/page/state.ts';
import { deferred } from '../../src/util/deferred.ts';

const some: RunReport = {
  ...report.value,
  about: { ...report.value.about, runId: 'r', state: 'processing' },
};

test('concurrent requests share one gathering of the run, which is cached for four times as long as it took', async () => {
  let [clock, times] = [1_000, 0];
  const first = deferred<void>();
  const readReport = async () => {
    times++;
    await first.promise;
    clock += 20;
    return some;
  };
  await using server = await serveLive(readReport, () => clock);
  const ask = async () => (await fetch(`${server.url}data`)).status;
  const asked = Array.from({ length: 20 }, ask);
  // Other requests are answered while these wait.
  for (let more = 0; more < 20; more++) expect((await fetch(`${server.url}nothing`)).status).toBe(404);
  first.resolve();
  expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
  expect(times).toBe(1);
  clock += 79;
  expect(await (await fetch(server.url)).text()).toContain('data-live');
  expect([await ask(), times]).toEqual([200, 1]);
  clock += 1;
  expect([await ask(), times]).toEqual([200, 2]);
  expect([await ask(), times]).toEqual([200, 2]);
});

test('a run that cannot be gathered is answered with status 500 and the error; the next request tries again', async () => {
  let isWell = false;
  await using server = await serveLive(async () => {
    if (!isWell) throw new Error('the disk is gone');
    return some;
  });
  const answer = await fetch(`${server.url}data`);
  expect([answer.status, await answer.text()]).toEqual([500, 'the disk is gone']);
  isWell = true;
  expect((await fetch(`${server.url}data`)).status).toBe(200);
});

test('the ETag stays the same if only time has passed, and changes with the data', async () => {
  let now = some;
  // By this clock gathering takes no time, so nothing is cached.
  await using server = await serveLive(
    async () => now,
    () => 0,
  );
  const tagOf = async () => (await fetch(`${server.url}data`)).headers.get('etag');
  const first = await tagOf();
  now = { ...some, about: { ...some.about, tookMs: 9_999 } };
  expect(await tagOf()).toBe(first);
  const head = { headers: { 'if-none-match': first ?? '' } };
  expect((await fetch(`${server.url}data`, head)).status).toBe(304);
  now = { ...some, gaps: ['something'] };
  expect(await tagOf()).not.toBe(first);
});
