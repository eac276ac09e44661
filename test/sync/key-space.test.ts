import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeySpace } from '../../src/sync/stores/key-space.ts';
import { State } from '../../src/sync/stores/state.ts';
import { Topic } from '../../src/sync/stores/topic.ts';

const nobody = { release() {}, fail() {}, more() {} };

test('property: releases a waiter when the state reaches its target, once and never before', () => {
  const step = fc.oneof(
    fc.record({ wait: fc.nat({ max: 12 }) }),
    fc.record({ giveUp: fc.nat({ max: 20 }) }),
    fc.record({ raise: fc.nat({ max: 15 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const state = new State();
      const waits: { readonly target: number; releases: number; givenUp: boolean; giveUp: () => void }[] = [];
      let count = 0;
      for (const its of steps) {
        if ('wait' in its) {
          const wait = { target: its.wait, releases: 0, givenUp: false, giveUp: () => {} };
          waits.push(wait);
          wait.giveUp = state.wait(its.wait, { ...nobody, release: () => wait.releases++ });
        } else if ('giveUp' in its) {
          const wait = waits[its.giveUp];
          if (wait?.releases !== 0) continue;
          wait.givenUp = true;
          wait.giveUp();
        } else {
          count = Math.max(count, its.raise);
          state.raise(its.raise);
        }
        for (const { target, releases, givenUp } of waits)
          expect(releases).toBe(target <= count && !givenUp ? 1 : 0);
        expect(state.awaited).toBe(waits.some(({ releases, givenUp }) => releases === 0 && !givenUp));
      }
    }),
  );
});

test('a wait that is given up twice leaves a later one with the same target', () => {
  const state = new State();
  const giveUp = state.wait(1, nobody);
  giveUp();
  let releases = 0;
  state.wait(1, { ...nobody, release: () => releases++ });
  giveUp();
  state.raise(1);
  expect(releases).toBe(1);
});

test('releases waiters in the order of their targets after many others have given up', () => {
  const state = new State();
  const released: number[] = [];
  const waitFor = (target: number) => state.wait(target, { ...nobody, release: () => released.push(target) });
  for (const target of [900, 20, 300]) waitFor(target);
  for (let target = 1; target <= 1_000; target++) waitFor(target)();
  waitFor(100);
  state.raise(99);
  expect(released).toEqual([20]);
  state.raise(1_000);
  expect(released).toEqual([20, 100, 300, 900]);
});

test('property: gives every reader of a topic all messages from the requested position on', () => {
  const step = fc.oneof(
    fc.record({ append: fc.constantFrom(1, 2, 100, 255, 256) }),
    fc.record({ from: fc.nat({ max: 3_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const topic = new Topic();
      const messages: string[] = [];
      const readers: { readonly from: number; readonly got: string[]; readonly take: () => boolean }[] = [];
      for (const its of steps) {
        if ('append' in its) {
          for (let some = 0; some < its.append; some++) {
            messages.push(String(messages.length));
            topic.append(messages.at(-1) ?? '');
          }
        } else {
          const following = topic.follow(nobody, its.from);
          const got: string[] = [];
          const take = () => {
            const batch = following.take();
            got.push(...batch);
            return batch.length > 0;
          };
          readers.push({ from: its.from, got, take });
        }
        // Half of the readers read at once, the others at the end.
        for (const [place, { take }] of readers.entries()) if (place % 2 === 0) take();
      }
      for (const { from, got, take } of readers) {
        while (take());
        expect(got).toEqual(messages.slice(from));
      }
    }),
  );
});

test('remove counts each existing key once, and keeps a topic that has a reader', () => {
  const board = new KeySpace();
  board.state('signalled').raise(1);
  board.topic('published').append('1');
  board.topic('read').append('1');
  board.state('never');
  board.follow('read', nobody, 0);
  expect(board.remove(['signalled', 'signalled', 'published', 'read', 'never', 'unknown'])).toBe(2);
  expect(board.keys()).toEqual(['read']);
  expect(['signalled', 'read', 'never'].map((key) => board.has(key))).toEqual([false, true, false]);
});

/** A reader of a topic, with the number of calls to `more`. */
function someReader(topic: Topic, from = 0) {
  const reader = { ...nobody, mores: 0, more: () => void reader.mores++ };
  return { reader, ...topic.follow(reader, from) };
}

test.each([
  ['256 messages', 600, 'x', [256, 256, 88]],
  ['64 Ki characters', 5, 'x'.repeat(32 * 1024), [2, 2, 1]],
  ['64 Ki characters, and the rest of a message', 5, 'x'.repeat(30_000), [3, 2]],
])('readers from the first message share batches of at most %s', (_, messages, payload, sizes) => {
  const topic = new Topic();
  for (let message = 0; message < messages; message++) topic.append(payload);
  const [first, second] = [someReader(topic), someReader(topic)];
  for (const size of sizes) {
    const batch = first.take();
    expect(batch).toHaveLength(size);
    expect(second.take()).toBe(batch);
  }
  expect([first.take(), second.take()]).toEqual([[], []]);
});

test('a batch from a segment that is full by now is not taken for one from the next', () => {
  const topic = new Topic();
  topic.append('first');
  expect(someReader(topic).take()).toEqual(['first']);
  while (topic.length < 256) topic.append('');
  topic.append('next');
  expect(someReader(topic, 256).take()).toEqual(['next']);
});

test('calls a reader once for more messages, until it has taken all', () => {
  const topic = new Topic();
  const { reader, take, end } = someReader(topic);
  const mores = [];
  for (const message of ['1', '2']) {
    topic.append(message);
    mores.push(reader.mores);
  }
  expect(take()).toEqual(['1', '2']);
  topic.append('3');
  mores.push(reader.mores);
  expect([take(), take()]).toEqual([['3'], []]);
  topic.append('4');
  mores.push(reader.mores);
  end();
  expect([take(), take()]).toEqual([['4'], []]);
  topic.append('5');
  mores.push(reader.mores);
  expect(mores).toEqual([1, 1, 1, 2, 2]);
});

/** The failures that waiters and readers are told. */
function someFailures(board: KeySpace) {
  const failures: string[] = [];
  const failing = (name: string) => ({ ...nobody, fail: (why: unknown) => failures.push(`${name}: ${why}`) });
  return {
    failures,
    wait: (key: string, name = key) => board.wait(key, 1, failing(name)),
    follow: (key: string, name = key) => board.follow(key, failing(name), 0),
  };
}

test('a closed store fails waiters and readers, now and later, each once and with the first reason', () => {
  const board = new KeySpace();
  const { failures, wait, follow } = someFailures(board);
  wait('s');
  follow('t');
  board.close('lost');
  board.close('closed');
  wait('s', 'late waiter')();
  const following = follow('t', 'late reader');
  board.topic('t').append('1');
  expect(following.take()).toEqual([]);
  following.end();
  expect(failures).toEqual(['s: lost', 't: lost', 'late waiter: lost', 'late reader: lost']);
});

test('a key that holds something else fails those who use it, and nobody else', () => {
  const board = new KeySpace();
  const { failures, wait, follow } = someFailures(board);
  for (const key of ['a', 'b']) {
    wait(key, `wait ${key}`);
    follow(key, `follow ${key}`);
  }
  for (const key of ['a', 'unknown']) board.failState(key, 'not a count');
  expect(failures).toEqual(['wait a: not a count']);
  for (const key of ['b', 'unknown']) board.failTopic(key, 'not a stream');
  expect(failures).toEqual(['wait a: not a count', 'follow b: not a stream']);
  expect([...board.states.keys(), ...board.topics.keys()]).toEqual(['a', 'b', 'a', 'b']);
});

test.each([
  ['names', { names: 3, length: 1_000 }],
  ['characters', { names: 1_000, length: 6 }],
])('states and topics are limited together by their %s, and removed ones make room', (_, room) => {
  const board = new KeySpace(room);
  const full = 'this run has more states and topics than fit the memory limit';
  board.state('s1');
  board.topic('t1');
  board.topic('t2');
  for (let again = 0; again < 2; again++) {
    expect(() => board.state('s2')).toThrow(full);
    expect(() => board.topic('t3')).toThrow(full);
  }
  board.remove(['s1']);
  board.topic('t3');
  expect(() => board.state('s1')).toThrow(full);
  board.remove(['t1', 't2', 't3']);
  for (const key of ['s1', 's2', 's3']) expect(() => board.state(key)).not.toThrow();
  expect(() => board.topic('t1')).toThrow(full);
});

test('lists signalled states and topics with messages, each name once', () => {
  const board = new KeySpace();
  board.state('awaited');
  board.follow('read', nobody, 0);
  for (const key of ['s', 'both']) board.state(key).raise(1);
  for (const key of ['t', 'both']) board.topic(key).append('1');
  expect(board.keys()).toEqual(['s', 'both', 't']);
});
