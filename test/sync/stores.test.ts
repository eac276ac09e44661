import { describe, expect, test } from 'vitest';
import { messages as read } from '../../src/sync/messages.ts';
import { MemoryStore } from '../../src/sync/stores/memory-store.ts';
import { barrier } from '../support/barrier.ts';
import { failuresOf, holdsItsPromises, never, take } from '../support/store-promises.ts';

describe('the memory store', () => {
  holdsItsPromises(async () => [new MemoryStore()]);

  test('fails all waits when it is closed', async () => {
    const store = new MemoryStore();
    const waiting = barrier(store, 's', 1, never);
    const reading = take(read(store, 't', never), 1);
    await store[Symbol.asyncDispose]();
    expect(await failuresOf([waiting, reading])).toEqual(Array(2).fill('the sync service has ended'));
  });

  const wide = '\u2713'.repeat(1_000);
  const narrow = 'x'.repeat(2_000);

  test.each([
    ['one byte', narrow],
    ['two bytes', wide],
  ])('takes 2,768 bytes for 2,000 bytes in memory, with %s for each character', async (_, payload) => {
    const store = new MemoryStore(2 * 2_768);
    expect([await store.publish('t', payload), await store.publish('u', payload)]).toEqual([1, 1]);
    await expect(store.publish('t', '')).rejects.toThrow('the limit of the in-memory store');
    await expect(new MemoryStore(2_767).publish('t', payload)).rejects.toThrow('the limit');
    expect(await store.length('t')).toBe(1);
  });

  test('has room again for the messages of a removed topic, unless somebody reads it', async () => {
    const store = new MemoryStore(2 * 2_768);
    const following = store.follow('read', { more() {}, fail() {} });
    for (const topic of ['t', 'read']) await store.publish(topic, narrow);
    expect(await store.remove(['t', 't', 'read', 'never'])).toBe(1);
    expect(await store.publish('t', narrow)).toBe(1);
    await expect(store.publish('t', narrow)).rejects.toThrow(
      'hold 5.4 KiB, the limit of the in-memory store',
    );
    following.end();
    expect(await store.remove(['read'])).toBe(1);
    expect(await store.publish('t', narrow)).toBe(2);
  });
});
