import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RunReport } from '../../src/report/data.ts';
import { serveLive } from '../../src/report/live-server.ts';
import { report } from '../../src/report/page/state.ts';

const some: RunReport = {
  ...report.value,
  about: { ...report.value.about, runId: 'r', state: 'processing' },
};

test('a run is never gathered twice at once, however many look at it', async () => {
  let [active, most, times] = [0, 0, 0];
  await using server = await serveLive(async () => {
    times++;
    most = Math.max(most, ++active);
    await nextTurn();
    active--;
    return some;
  });
  const asked = Array.from({ length: 20 }, async () => await fetch(`${server.url}data`));
  const answers = await Promise.all(asked);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await (await fetch(server.url)).text()).toContain('data-live');
  expect(most).toBe(1);
  expect(times).toBeLessThanOrEqual(21);
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
  await using server = await serveLive(async () => now);
  const tagOf = async () => (await fetch(`${server.url}data`)).headers.get('etag');
  const first = await tagOf();
  now = { ...some, about: { ...some.about, tookMs: 9_999, gathered: 9_999 } };
  expect(await tagOf()).toBe(first);
  now = { ...some, gaps: ['something'] };
  await expect.poll(tagOf).not.toBe(first);
});
