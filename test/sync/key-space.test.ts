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

test('property: gives every reader of a topic all messages from the requested position on', () => {
  const step = fc.oneof(fc.constant('append' as const), fc.nat({ max: 3_000 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const topic = new Topic();
      const messages: string[] = [];
      const readers: { readonly from: number; readonly got: string[]; readonly take: () => boolean }[] = [];
      for (const its of steps) {
        if (its === 'append') {
          for (let some = 0; some < 100; some++) {
            messages.push(String(messages.length));
            topic.append(messages.at(-1) ?? '');
          }
        } else {
          const following = topic.follow(nobody, its);
          const got: string[] = [];
          const take = () => {
            const batch = following.take();
            got.push(...batch);
            return batch.length > 0;
          };
          readers.push({ from: its, got, take });
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
