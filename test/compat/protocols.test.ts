import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Endpoint } from '../../src/sync/server/endpoint.ts';
import { SyncServer } from '../../src/sync/server/server.ts';
import type { SyncStore } from '../../src/sync/store.ts';
import { MemoryStore } from '../../src/sync/stores/memory-store.ts';
import { RedisStore } from '../../src/sync/stores/redis-store.ts';
import { describeWith } from '../support/needs.ts';
import { someRedis } from '../support/redis.ts';
import { rawClient } from '../support/sync-service.ts';

/**
 * The tests of the reference server (testground/sync-service, sync_test.go and server_test.go), for our server: with
 * either protocol, with both at once, and over either store.
 */

/** One connection of an SDK, with either protocol. */
interface Peer {
  signal(state: string): Promise<number>;
  /** Resolves once the state has reached the target; rejects when the signal aborts it. */
  barrier(state: string, target: number, signal?: AbortSignal): Promise<void>;
  publish(topic: string, payload: unknown): Promise<number>;
  /** The first `count` messages of a topic. */
  messages(topic: string, count: number): Promise<unknown[]>;
  close(): void;
}

async function newPeer(endpoint: Endpoint): Promise<Peer> {
  const client = await rawClient(endpoint);
  const answers = new Map<string, (answer: { error: string; [key: string]: unknown }) => void>();
  let ids = 0;
  void (async () => {
    for (;;) {
      const answer = JSON.parse(await client.next());
      answers.get(answer.id)?.(answer);
    }
  })().catch(() => {});
  const ask = (request: object, taken: (answer: { [key: string]: unknown }) => void) => {
    const id = String(++ids);
    answers.set(id, taken);
    client.send(JSON.stringify({ id, ...request }));
    return id;
  };
  const once = (request: object) =>
    new Promise<Record<string, { seq: number }>>((resolve) => {
      ask(request, (answer) => resolve(answer as Record<string, { seq: number }>));
    });
  return {
    signal: async (state) => (await once({ signal_entry: { state } }))['signal_entry']?.seq ?? 0,
    publish: async (topic, payload) => (await once({ publish: { topic, payload } }))['publish']?.seq ?? 0,
    barrier: (state, target, signal) =>
      new Promise((resolve, reject) => {
        const id = ask({ barrier: { state, target } }, () => resolve());
        signal?.addEventListener('abort', () => {
          client.send(JSON.stringify({ id, is_cancel: true }));
          reject(signal.reason);
        });
      }),
    messages: (topic, count) =>
      new Promise((resolve) => {
        const heard: unknown[] = [];
        const id = ask({ subscribe: { topic } }, ({ subscribe }) => {
          heard.push(JSON.parse(String(subscribe)));
          if (heard.length < count) return;
          client.send(JSON.stringify({ id, is_cancel: true }));
          resolve(heard.slice(0, count));
        });
      }),
    close: () => client.close(),
  };
}

/** Like sdk-go before 0.3: polls a counter, and reads a stream from its last message on. */
async function oldPeer({ host, port }: Endpoint): Promise<Peer> {
  const redis = new Redis({ host, port, enableReadyCheck: false, disableClientInfo: true });
  const reader = redis.duplicate();
  onTestFinished(() => {
    redis.disconnect();
    reader.disconnect();
  });
  return {
    signal: (state) => redis.incr(state),
    async publish(topic, payload) {
      const replies = await redis.multi().xadd(topic, '*', 'p', JSON.stringify(payload)).xlen(topic).exec();
      return Number(replies?.[1]?.[1]);
    },
    async barrier(state, target, signal) {
      // The SDK does not ask for a target of 0.
      if (target === 0) return;
      for (;;) {
        signal?.throwIfAborted();
        const [count] = await redis.mget(state);
        if (Number(count ?? 0) >= target) return;
      }
    },
    async messages(topic, count) {
      const heard: unknown[] = [];
      for (let last = '0'; heard.length < count; ) {
        const [stream] = (await reader.xread('COUNT', 10, 'BLOCK', 0, 'STREAMS', topic, last)) ?? [];
        for (const [id, [, payload]] of stream?.[1] ?? []) {
          heard.push(JSON.parse(payload ?? ''));
          last = id;
        }
      }
      return heard.slice(0, count);
    },
    close() {
      redis.disconnect();
      reader.disconnect();
    },
  };
}

const pairs = [
  ['WebSocket', newPeer, newPeer],
  ['Redis protocol', oldPeer, oldPeer],
  ['WebSocket and Redis protocol', newPeer, oldPeer],
  ['Redis protocol and WebSocket', oldPeer, newPeer],
] as const;

function cases(openStore: () => Promise<SyncStore>): void {
  describe.each(pairs)('%s', (_, first, second) => {
    async function two(): Promise<{ a: Peer; b: Peer; again: () => Promise<Peer> }> {
      const store = await openStore();
      const server = new SyncServer(store);
      onTestFinished(async () => {
        await server[Symbol.asyncDispose]();
        await store[Symbol.asyncDispose]();
      });
      const endpoints = [await server.open(), await server.open()] as const;
      return {
        a: await first(endpoints[0]),
        b: await second(endpoints[1]),
        again: () => first(endpoints[0]),
      };
    }

    test('entries and messages are numbered from 1, across both connections', async () => {
      const { a, b } = await two();
      expect([
        await a.signal('s'),
        await b.signal('s'),
        await a.signal('s'),
        await b.signal('other'),
      ]).toEqual([1, 2, 3, 1]);
      expect([await a.publish('t', 'x'), await b.publish('t', 'y'), await b.publish('u', 'z')]).toEqual([
        1, 2, 1,
      ]);
      const numbers = await Promise.all(
        Array.from({ length: 200 }, (_, index) => (index % 2 ? a : b).publish('many', index)),
      );
      expect(numbers.sort((x, y) => x - y)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    });

    test('a barrier opens when the target is reached, and not before', async () => {
      const { a, b } = await two();
      let open = false;
      const barrier = a.barrier('s', 3).then(() => {
        open = true;
      });
      await b.signal('s');
      await a.signal('s');
      expect(open).toBe(false);
      await b.signal('s');
      await barrier;
    });

    test('a barrier opens at once if its target is 0, already reached or already passed', async () => {
      const { a, b } = await two();
      await b.barrier('s', 0);
      await a.signal('s');
      await a.signal('s');
      await b.barrier('s', 2);
      await b.barrier('s', 1);
    });

    test('several barriers at one state, and at another state, open', async () => {
      const { a, b } = await two();
      const all = Promise.all([a.barrier('s', 1), a.barrier('s', 2), b.barrier('s', 2), b.barrier('t', 1)]);
      await b.signal('t');
      await a.signal('s');
      await b.signal('s');
      await all;
    });

    test('aborting a barrier leaves its state as it was', async () => {
      const { a, b } = await two();
      const given = new AbortController();
      const barrier = a.barrier('s', 2, given.signal);
      await b.signal('s');
      given.abort(new Error('given up'));
      await expect(barrier).rejects.toThrow('given up');
      expect(await a.signal('s')).toBe(2);
      await a.barrier('s', 2);
    });

    test('subscribers get a topic from its first message on, then new messages, in order', async () => {
      const { a, b } = await two();
      for (const message of [1, 2, 3]) await a.publish('t', message);
      const heard = [a.messages('t', 5), b.messages('t', 5)];
      await b.publish('t', { deep: [null, 'four'] });
      await a.publish('t', 5);
      for (const messages of heard) expect(await messages).toEqual([1, 2, 3, { deep: [null, 'four'] }, 5]);
      // A client that has ended a subscription can begin another one.
      expect(await a.messages('t', 2)).toEqual([1, 2]);
    });

    test('every subscriber hears all messages of concurrent publishers, in the same order', async () => {
      const { a, b } = await two();
      const heard = Promise.all([a.messages('t', 100), b.messages('t', 100)]);
      await Promise.all(Array.from({ length: 100 }, (_, index) => (index % 2 ? a : b).publish('t', index)));
      const [one, other] = await heard;
      expect(one).toEqual(other);
      expect([...(one ?? [])].sort((x, y) => Number(x) - Number(y))).toEqual(
        Array.from({ length: 100 }, (_, index) => index),
      );
    });

    test('a client that reconnects finds its state and topic', async () => {
      const { a, b, again } = await two();
      await a.signal('s');
      await a.publish('t', 'kept');
      a.close();
      const back = await again();
      expect(await back.signal('s')).toBe(2);
      expect(await back.messages('t', 1)).toEqual(['kept']);
      expect(await b.messages('t', 1)).toEqual(['kept']);
    });
  });
}

describe('with the memory store', () => {
  cases(async () => new MemoryStore());
});

describeWith('redis', 'with the Redis store', () => {
  cases(async () => {
    const { url } = await someRedis();
    const signal = new AbortController().signal;
    return await RedisStore.open({ url, prefix: '', expireAfterMs: undefined, signal, warn: () => {} });
  });
});
