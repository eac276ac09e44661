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
});
