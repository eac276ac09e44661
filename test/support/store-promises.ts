import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messages as read } from '../../src/sync/messages.ts';
import type { SyncStore } from '../../src/sync/store.ts';
import { barrier } from './barrier.ts';

export const prefix = 'run:r:';
export const never = new AbortController().signal;
setMaxListeners(0, never);

/** The tests that every store must pass. `open` returns stores that share the same states and topics. */
export function holdsItsPromises(open: () => Promise<readonly SyncStore[]>): void {
  let names = 0;
  const fresh = (kind: string) => `${prefix}${kind}:${names++}`;

  test('numbers the entries of all its clients from 1', async () => {
    const stores = await open();
    const key = fresh('states');
    const asked = Array.from({ length: 50 }, (_, index) => pick(stores, index).signalEntry(key));
    expect((await Promise.all(asked)).sort((a, b) => a - b)).toEqual(numbers(50));
  });

  test('opens a barrier at once if its target is below 1 or already reached', async () => {
    const stores = await open();
    const key = fresh('states');
    await barrier(pick(stores, 0), key, 0, never);
    await barrier(pick(stores, 0), key, -3, never);
    await pick(stores, 0).signalEntry(key);
    await pick(stores, 0).signalEntry(key);
    await barrier(pick(stores, 1), key, 2, never);
    await barrier(pick(stores, 1), key, 1, never);
  });

  test('cancels a barrier, and other barriers still open', async () => {
    const stores = await open();
    const key = fresh('states');
    const controller = new AbortController();
    const first = barrier(pick(stores, 0), key, 1, controller.signal);
    const second = barrier(pick(stores, 1), key, 1, never);
    controller.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    await pick(stores, 0).signalEntry(key);
    await second;
  });

  test('replays a topic from its first message, then follows it', async () => {
    const stores = await open();
    const key = fresh('topics');
    expect(await pick(stores, 0).publish(key, '"one"')).toBe(1);
    expect(await pick(stores, 1).publish(key, '{"n":12345678901234567890}')).toBe(2);
    const seen = take(read(pick(stores, 1), key, never), 4);
    expect(await pick(stores, 0).publish(key, 'null')).toBe(3);
    expect(await pick(stores, 1).publish(key, '"ünï€ \\u0000"')).toBe(4);
    expect(await seen).toEqual(['"one"', '{"n":12345678901234567890}', 'null', '"ünï€ \\u0000"']);
  });

  test('lets a subscription skip the first messages', async () => {
    const stores = await open();
    const key = fresh('topics');
    for (const message of ['1', '2', '3']) await pick(stores, 0).publish(key, message);
    expect(await take(read(pick(stores, 1), key, never, 2), 1)).toEqual(['3']);
    const later = take(read(pick(stores, 1), key, never, 4), 1);
    await pick(stores, 0).publish(key, '4');
    await pick(stores, 0).publish(key, '5');
    expect(await later).toEqual(['5']);
  });

  test('returns counts, lengths and keys, and forgets what is removed', async () => {
    const stores = await open();
    const [state, topic, none] = [fresh('states'), fresh('topics'), fresh('states')];
    await pick(stores, 0).signalEntry(state);
    await pick(stores, 0).signalEntry(state);
    await pick(stores, 0).publish(topic, '1');
    const asked = pick(stores, 1);
    expect([await asked.count(state), await asked.count(none)]).toEqual([2, undefined]);
    expect([await asked.length(topic), await asked.length(none)]).toEqual([1, 0]);
    expect(await asked.keys()).toEqual(expect.arrayContaining([state, topic]));
    expect(await asked.keys()).not.toContain(none);
    expect(await asked.remove([state, topic, none])).toBe(2);
    expect([await asked.count(state), await asked.length(topic)]).toEqual([undefined, 0]);
    expect(await asked.remove([])).toBe(0);
    expect(await pick(stores, 0).signalEntry(state)).toBe(1);
  });

  test('ends a subscription when its signal aborts, without another message', async () => {
    const stores = await open();
    const key = fresh('topics');
    const end = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const batch of read(pick(stores, 0), key, end.signal)) {
        seen.push(...batch);
        end.abort();
      }
    })();
    await pick(stores, 0).publish(key, '1');
    await reading;
    await pick(stores, 0).publish(key, '2');
    expect(seen).toEqual(['1']);
  });

  test('property: numbers entries and messages without gaps and repeats in any interleaving', async () => {
    const stores = await open();
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 30 }),
        async (scheduler, who) => {
          const [state, topic] = [fresh('states'), fresh('topics')];
          const entries: number[] = [];
          const messages: number[] = [];
          for (const [index, store] of who.entries()) {
            scheduler
              .schedule(Promise.resolve(), `entry ${index}`)
              .then(async () => entries.push(await pick(stores, store).signalEntry(state)));
            scheduler
              .schedule(Promise.resolve(), `message ${index}`)
              .then(async () => messages.push(await pick(stores, store).publish(topic, String(index))));
          }
          await scheduler.waitAll();
          await until(() => entries.length === who.length && messages.length === who.length);
          expect(entries.sort((a, b) => a - b)).toEqual(numbers(who.length));
          expect(messages.sort((a, b) => a - b)).toEqual(numbers(who.length));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('property: opens a barrier once and never early', async () => {
    const stores = await open();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 }),
        async (targets) => {
          const key = fresh('states');
          let signalled = 0;
          const opened: { target: number; at: number }[] = [];
          const barriers = targets.map(async (target, index) => {
            await barrier(pick(stores, index), key, target, never);
            opened.push({ target, at: signalled });
          });
          for (let index = 0; index < Math.max(...targets); index++) {
            // Counted before it is sent: a barrier that opens may have seen this signal, but none that is not yet sent.
            signalled++;
            await pick(stores, index).signalEntry(key);
          }
          await Promise.all(barriers);
          expect(opened).toHaveLength(targets.length);
          for (const { target, at } of opened) expect(at).toBeGreaterThanOrEqual(target);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('property: delivers every message to every subscriber in order from the first', async () => {
    const stores = await open();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string(), { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(40), { minLength: 1, maxLength: 5 }),
        async (payloads, subscribers) => {
          const key = fresh('topics');
          const messages = payloads.map((payload) => JSON.stringify(payload));
          const seen: Promise<string[]>[] = [];
          const joinAt = (published: number) => {
            for (const [index, when] of subscribers.entries()) {
              if (Math.min(when, messages.length) !== published) continue;
              seen.push(take(read(pick(stores, index), key, never), messages.length));
            }
          };
          for (const [index, message] of messages.entries()) {
            joinAt(index);
            expect(await pick(stores, index).publish(key, message)).toBe(index + 1);
          }
          joinAt(messages.length);
          for (const each of await Promise.all(seen)) expect(each).toEqual(messages);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('delivers all of a topic that is longer than any batch', async () => {
    const stores = await open();
    const key = fresh('topics');
    const seen = take(read(pick(stores, 1), key, never), 3_000);
    await Promise.all(numbers(3_000).map((number) => pick(stores, 0).publish(key, String(number))));
    expect((await seen).map(Number)).toEqual(numbers(3_000));
  });
}

function pick(stores: readonly SyncStore[], index: number): SyncStore {
  const store = stores[index % stores.length];
  if (store === undefined) throw new Error('no store');
  return store;
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

export async function take(messages: AsyncIterable<readonly string[]>, count: number): Promise<string[]> {
  const seen: string[] = [];
  if (count === 0) return seen;
  for await (const batch of messages) {
    seen.push(...batch);
    if (seen.length >= count) break;
  }
  return seen;
}

/** The reasons why promises failed. Call it before they fail, so that no rejection is unhandled. */
export async function failuresOf(promises: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((end) => (end.status === 'rejected' ? String(end.reason.message) : 'did not fail'));
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
}
