import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { messages as read } from '../../src/sync/messages.ts';
import { RedisStore } from '../../src/sync/stores/redis-store.ts';
import { barrier } from '../support/barrier.ts';
import { describeWith } from '../support/needs.ts';
import { someRedis } from '../support/redis.ts';
import { failuresOf, holdsItsPromises, never, prefix, take } from '../support/store-promises.ts';

const aDay = 24 * 60 * 60 * 1_000;

describeWith('redis', 'the Redis store', () => {
  describe('alone', () => {
    holdsItsPromises(async () => [await redisStore((await someRedis()).url)]);
  });

  describe('two stores on one server', () => {
    holdsItsPromises(async () => {
      const { url } = await someRedis();
      return [await redisStore(url), await redisStore(url)];
    });
  });

  describe('on a server that allows neither CONFIG nor scripts', () => {
    holdsItsPromises(async () => {
      const { url } = await someRedis();
      const admin = new Redis(url);
      onTestFinished(() => admin.disconnect());
      await admin.call('ACL', 'SETUSER', 'default', '-config', '-@scripting');
      return [await redisStore(url), await redisStore(url)];
    });
  });

  test('shares states and topics with an old SDK on the same server', async () => {
    const { url } = await someRedis();
    const store = await redisStore(url);
    const sdk = new Redis(url);
    onTestFinished(() => sdk.disconnect());
    const [state, topic] = [`${prefix}states:x`, `${prefix}topics:x`];
    const open = barrier(store, state, 2, never);
    await store.signalEntry(state);
    expect(await sdk.incr(state)).toBe(2);
    await open;
    const seen = take(read(store, topic, never), 2);
    await store.publish(topic, '"ours"');
    await sdk.xadd(topic, '*', 'p', '"theirs"');
    expect(await seen).toEqual(['"ours"', '"theirs"']);
    expect(await sdk.xlen(topic)).toBe(2);
    expect(await sdk.get(state)).toBe('2');
  });

  test('goes on numbering messages after the server has lost its scripts', async () => {
    const { url } = await someRedis();
    const store = await redisStore(url);
    const admin = new Redis(url);
    onTestFinished(() => admin.disconnect());
    const topic = `${prefix}topics:x`;
    expect(await store.publish(topic, '1')).toBe(1);
    await admin.script('FLUSH');
    expect([await store.publish(topic, '2'), await store.publish(topic, '3')]).toEqual([2, 3]);
  });

  test('removes the keys of its run, and no others, from an attached server when it closes', async () => {
    const { url } = await someRedis();
    const admin = new Redis(url);
    onTestFinished(() => admin.disconnect());
    await admin.set('run:other:states:x', '1');
    const store = await redisStore(url);
    await store.signalEntry(`${prefix}states:x`);
    await store.publish(`${prefix}topics:x`, '1');
    await store[Symbol.asyncDispose]();
    expect(await admin.keys('*')).toEqual(['run:other:states:x']);
  });

  test('works for a user without access to CONFIG and channels', async () => {
    const { url } = await someRedis();
    const admin = new Redis(url);
    onTestFinished(() => admin.disconnect());
    await admin.call('ACL', 'SETUSER', 'me', 'on', '>secret', '~*', 'resetchannels', '+@all', '-config');
    const store = await redisStore(url.replace('//', '//me:secret@'));
    const opened = barrier(store, `${prefix}states:x`, 1, never);
    await admin.incr(`${prefix}states:x`);
    await opened;
  });

  test('reports why a server refuses it', async () => {
    const { url } = await someRedis();
    await expect(redisStore(`${url}/99`)).rejects.toThrow(
      /^the Redis at redis:.*\/99 refuses: ERR DB index is out of range/,
    );
    await expect(redisStore(url.replace('//', '//no:body@'))).rejects.toThrow(/ refuses: WRONGPASS/);
  });

  test('fails to open if a server accepts the connection and never answers', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const options = { url: `redis://127.0.0.1:${port}`, prefix, expireAfterMs: aDay, warn: () => {} };
    const ended = new AbortController();
    const opening = RedisStore.open({ ...options, signal: ended.signal });
    ended.abort('interrupted');
    await expect(opening).rejects.toThrow(/^no Redis answers at redis:.*: interrupted$/);
    await expect(RedisStore.open({ ...options, signal: never })).rejects.toThrow(
      /: (no answer in 5000 ms|connect ETIMEDOUT)$/,
    );
  });

  test('fails to open if a server stops answering while it opens', async () => {
    // Answers the first commands of a client, but never CONFIG.
    const halting = createServer((socket) => {
      socket.on('data', (data) => {
        const said = data.toString().toLowerCase();
        if (said.includes('info')) socket.write('$22\r\nredis_version:7.0.15\r\n\r\n');
        else if (/ping|select|client/.test(said)) socket.write('+OK\r\n');
      });
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void halting.close());
    await once(halting, 'listening');
    const { port } = halting.address() as AddressInfo;
    const url = `redis://127.0.0.1:${port}`;
    const opening = RedisStore.open({ url, prefix, expireAfterMs: aDay, warn: () => {}, signal: never });
    await expect(opening).rejects.toThrow(/^no Redis answers at redis:.*: no answer in 5000 ms$/);
  });

  test('names the keys that it cannot remove, and still closes', async () => {
    const { url } = await someRedis();
    const admin = new Redis(url);
    const pid = Number(/process_id:(\d+)/.exec(await admin.info('server'))?.[1]);
    admin.disconnect();
    const warnings: string[] = [];
    const store = await RedisStore.open({
      url,
      prefix,
      expireAfterMs: aDay,
      signal: never,
      warn: (text) => warnings.push(text),
    });
    process.kill(pid, 'SIGSTOP');
    await store[Symbol.asyncDispose]();
    expect(warnings).toEqual([
      expect.stringMatching(/^the keys run:r:\* could not be removed from the Redis at .*: no answer/),
    ]);
  });

  test('fails to open with one clear error if no server answers', async () => {
    const redis = await someRedis();
    await redis[Symbol.asyncDispose]();
    await expect(redisStore(redis.url.replace('//', '//user:secret@'))).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringMatching(
        /^no Redis answers at redis:\/\/127\.0\.0\.1:\d+\/?: connect ECONNREFUSED/,
      ),
    });
  });

  test('fails waits and later calls with the reason when the server goes away', async () => {
    const redis = await someRedis();
    const store = await redisStore(redis.url);
    const waiting = barrier(store, `${prefix}states:x`, 1, never);
    const reading = take(read(store, `${prefix}topics:x`, never), 1);
    const failures = failuresOf([waiting, reading]);
    await redis[Symbol.asyncDispose]();
    const why = expect.stringMatching(
      /^the sync store, Redis at redis:.*, went away: the connection was closed$/,
    );
    expect(await failures).toEqual([why, why]);
    expect(await failuresOf([store.signalEntry(`${prefix}states:x`)])).toEqual([why]);
    expect(store.lost.aborted).toBe(true);
  });
});

async function redisStore(url: string): Promise<RedisStore> {
  const store = await RedisStore.open({ url, prefix, expireAfterMs: aDay, signal: never, warn: () => {} });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return store;
}
