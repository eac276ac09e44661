import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PointQueue } from '../../src/influx/point-queue.ts';

const anyStep = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constant(undefined));

test('property: returns accepted points once and in order, and never holds more bytes than its maximum', () => {
  fc.assert(
    fc.property(fc.array(anyStep), fc.nat({ max: 200 }), (steps, max) => {
      const queue = new PointQueue(max);
      const added: string[] = [];
      const taken: string[] = [];
      const take = () => {
        const batch = queue.take();
        if (batch === undefined) return false;
        const lines = batch.body.toString('utf8').split('\n');
        expect(lines.length).toBe(batch.points);
        taken.push(...lines);
        return true;
      };
      for (const line of steps) {
        if (line === undefined) take();
        else if (queue.add(line.replaceAll('\n', ' '))) added.push(line.replaceAll('\n', ' '));
        expect(queue.waiting).toBeLessThanOrEqual(max);
      }
      while (take());
      expect(taken).toEqual(added);
      expect(queue.waiting).toBe(0);
    }),
  );
});

test('limits the bytes and the points of a batch', () => {
  const queue = new PointQueue(Number.POSITIVE_INFINITY);
  const long = 'x'.repeat(1_000_000);
  for (let point = 0; point < 6_000; point++) queue.add(point < 10 ? long : 'm v=1');
  const batches = Array.from({ length: 5 }, () => queue.take());
  expect(batches.map((batch) => batch?.points)).toEqual([4, 4, 5_000, 992, undefined]);
});
