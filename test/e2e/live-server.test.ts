import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RunReport } from '../../src/report/data.ts';
import { serveLive } from '../../src/report/live-server.ts';
import { report } from '../../src/report/page/state.ts';

const some: RunReport = {
  ...report.value,
  about: { ...report.value.about, runId: 'r', state: 'processing' },
};

test('a run is never gathered twice at once, and rests between', async () => {
  let [active, most, times] = [0, 0, 0];
  await using server = await serveLive(async () => {
    times++;
    most = Math.max(most, ++active);
    const began = performance.now();
    while (performance.now() - began < 20) await nextTurn();
    active--;
    return some;
  });
  const asked = Array.from({ length: 20 }, async () => await fetch(`${server.url}data`));
  const answers = await Promise.all(asked);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await (await fetch(server.url)).text()).toContain('data-live');
  expect(most).toBe(1);
  expect(times).toBeLessThan(21);
});

test('what cannot be gathered is said, and tried again', async () => {
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

test('time that goes by is no news; what happens is', async () => {
  let now = some;
  let times = 0;
  await using server = await serveLive(async () => {
    times++;
    return now;
  });
  const tagOf = async () => (await fetch(`${server.url}data`)).headers.get('etag');
  /** What it is once it was gathered anew. */
  const freshTag = async () => {
    const before = times;
    while (times === before) await tagOf();
    return await tagOf();
  };
  const first = await tagOf();
  now = { ...some, about: { ...some.about, tookMs: 9_999 } };
  expect(await freshTag()).toBe(first);
  const head = { headers: { 'if-none-match': first ?? '' } };
  expect((await fetch(`${server.url}data`, head)).status).toBe(304);
  now = { ...some, gaps: ['something'] };
  expect(await freshTag()).not.toBe(first);
});
