import type { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { RunKeys } from '../../src/sync/remove-run-keys.ts';
import { RedisStore } from '../../src/sync/stores/redis-store.ts';
import { barrier } from '../support/barrier.ts';
import { describeWith } from '../support/needs.ts';
import { adminOf, someRedis } from '../support/redis.ts';

const run = 'abcdefghij0123456789';
const prefix = `run:${run}:`;
const state = `${prefix}plan:p:case:c:states:s`;
const topic = `${prefix}plan:p:case:c:topics:t`;
const never = new AbortController().signal;

async function someStore(url: string, expireAfterMs: number | undefined): Promise<RedisStore> {
  const store = await RedisStore.open({ url, prefix, expireAfterMs, signal: never, warn: () => {} });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return store;
}

/** The shortest time to live of the run's keys, in ms; -1 if one has none. */
async function shortestLife(admin: Redis): Promise<number> {
  const keys = await admin.keys(`${prefix}*`);
  return Math.min(...(await Promise.all(keys.map((key) => admin.pttl(key)))));
}

describeWith('redis', 'the keys of a run in a Redis that tg is given', () => {
  test('get an expiry as soon as they are written, also by another client', async () => {
    const { url } = await someRedis();
    const admin = adminOf(url);
    const store = await someStore(url, 60_000);
    await store.signalEntry(state);
    await store.publish(topic, '1');
    await admin.incr(`${state}-of-an-old-sdk`);
    while ((await shortestLife(admin)) === -1);
    expect(await admin.keys('*')).toHaveLength(4);
    expect(await shortestLife(admin)).toBeGreaterThan(50_000);
  });

  test('get an expiry again when they are written after being removed', async () => {
    const { url } = await someRedis();
    const admin = adminOf(url);
    const store = await someStore(url, 60_000);
    await store.signalEntry(state);
    await store.remove([state]);
    // Notifications come in order: once this key has an expiry, the store knows of the removal.
    await admin.incr(`${state}-of-an-old-sdk`);
    while ((await admin.pttl(`${state}-of-an-old-sdk`)) === -1);
    await store.count(state);
    await store.signalEntry(state);
    await store.count(state);
    expect(await admin.pttl(state)).toBeGreaterThan(50_000);
  });

  test('are renewed while the run goes on, and a barrier still opens after six renewals', async () => {
    const { url } = await someRedis();
    const admin = adminOf(url);
    const store = await someStore(url, 2_000);
    await store.signalEntry(state);
    const opened = barrier(store, state, 2, never);
    // A time to live that is longer than at the last look was renewed.
    let renewals = 0;
    for (let last = await admin.pttl(state); renewals < 6; ) {
      const life = await admin.pttl(state);
      expect(life).toBeGreaterThan(0);
      if (life > last) renewals++;
      last = life;
    }
    expect(await store.signalEntry(state)).toBe(2);
    await opened;
  });

  test('expire by themselves when the process that renews them is gone', async () => {
    const { url } = await someRedis();
    const admin = adminOf(url);
    const store = await someStore(url, 500);
    await store.signalEntry(state);
    // As after kill -9: the connections are cut, and nothing is removed.
    for (const id of String(await admin.client('LIST')).match(/(?<=^id=)\d+/gm) ?? []) {
      if (Number(id) !== (await admin.client('ID'))) await admin.client('KILL', 'ID', id).catch(() => {});
    }
    while ((await admin.keys('*')).length > 0);
  });

  test('fail a waiting barrier with the reason if they are removed during the run', async () => {
    const { url } = await someRedis();
    const store = await someStore(url, 60_000);
    const waiting = barrier(store, state, 1, never);
    await adminOf(url).flushall();
    await expect(waiting).rejects.toThrow(
      /^the sync store, Redis at .*, went away: the keys of this run have expired there, or were removed$/,
    );
  });

  test('are removed by the ID of their run, and no other keys with them', async () => {
    const { url } = await someRedis();
    const admin = adminOf(url);
    await admin.mset(state, '1', topic, '1', 'run:other:x', '1', 'mine', '1');
    using keys = new RunKeys(url);
    expect(await keys.remove('*')).toBe(false);
    using none = new RunKeys(undefined);
    expect(await none.remove(run)).toBe(false);
    expect(await admin.dbsize()).toBe(4);
    expect(await keys.remove(run)).toBe(true);
    expect((await admin.keys('*')).sort()).toEqual(['mine', 'run:other:x']);
  });
});

describeWith('redis', 'a key of a run with a value of another type', () => {
  test('fails the calls that use it, pending and later, and no others', async () => {
    const { url } = await someRedis();
    const admin = adminOf(url);
    const store = await someStore(url, 60_000);
    const other = barrier(store, `${state}-other`, 1, never);
    const [aHash, aWord] = [`${state}-hash`, `${state}-word`];
    const waiting = barrier(store, aWord, 1, never);
    await admin.set(aWord, 's3cr3t');
    await expect(waiting).rejects.toThrow('WRONGTYPE the key of this state does not hold a count');
    await admin.hset(aHash, 'a', 'b');
    await expect(barrier(store, aHash, 1, never)).rejects.toThrow(/^WRONGTYPE /);
    await expect(barrier(store, aWord, 1, never)).rejects.toThrow(/^WRONGTYPE /);
    await expect(store.count(aWord)).rejects.toThrow(/^WRONGTYPE /);
    await expect(store.signalEntry(aWord)).rejects.toThrow(/^ERR value is not an integer/);
    await expect(store.publish(aHash, '1')).rejects.toThrow(/^WRONGTYPE /);
    const failed = new Promise((resolve) =>
      store.follow(aHash, { more: () => {}, fail: (why) => resolve(String(why)) }),
    );
    expect(await failed).toMatch(/WRONGTYPE/);
    expect(store.lost.aborted).toBe(false);
    await store.signalEntry(`${state}-other`);
    await other;
  });
});
