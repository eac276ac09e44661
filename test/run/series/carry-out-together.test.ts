import fc from 'fast-check';
import { expect, test } from 'vitest';
import { carryOutTogether } from '../../../src/run/series/carry-out-together.ts';

/** Yields numbers from 0 on. */
function countTo(end: number): () => number | undefined {
  let next = 0;
  return () => (next < end ? next++ : undefined);
}

test('property: each task is carried out once, and never more at the same time than there is room', async () => {
  const rooms = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 0, max: 12 }),
      rooms,
      async (scheduler, count, all) => {
        const done: number[] = [];
        let active = 0;
        let most = 0;
        const room = () => all[done.length % all.length] ?? 1;
        const task = async (number: number) => {
          active++;
          most = Math.max(most, active);
          await scheduler.schedule(Promise.resolve());
          active--;
          done.push(number);
        };
        await scheduler.waitFor(carryOutTogether(countTo(count), task, room));
        expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, number) => number));
        expect(most).toBeLessThanOrEqual(Math.max(...all));
      },
    ),
  );
});

test('after an error no task begins, and the active ones end first', async () => {
  const ended: number[] = [];
  let release = () => {};
  const slow = new Promise<void>((resolve) => {
    release = resolve;
  });
  const task = async (number: number) => {
    if (number === 1) {
      setImmediate(release);
      throw new Error('broken');
    }
    await slow;
    ended.push(number);
  };
  await expect(carryOutTogether(countTo(9), task, () => 3)).rejects.toThrow('broken');
  expect(ended).toEqual([0, 2]);
});

test('asks for another task when one has ended', async () => {
  const began: number[] = [];
  let isStopped = false;
  const next = countTo(9);
  const task = async (number: number) => {
    began.push(number);
    await Promise.resolve();
    if (number === 2) isStopped = true;
  };
  await carryOutTogether(
    () => (isStopped ? undefined : next()),
    task,
    () => 1,
  );
  expect(began).toEqual([0, 1, 2]);
});
