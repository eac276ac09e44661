import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ActivityRecord } from '../../src/history/activity-log.ts';
import { messagesIn } from '../../src/report/messages.ts';

const by = (index: number, at: number) => ({ group: 'g', index, at: 1_000 + at });
const known = { placeOf: ({ index }: { readonly index: number }) => index, began: 1_000 };

test('pairs each receipt with the publication of that message in that topic', () => {
  const entries: ActivityRecord[] = [
    { ...by(0, 1), did: 'publish', topic: 't', seq: 1 },
    { ...by(1, 2), did: 'publish', topic: 't', seq: 2 },
    { ...by(2, 3), did: 'publish', topic: 'u', seq: 1 },
    { ...by(3, 5), did: 'receive', topic: 't', seq: 1, count: 2 },
    { ...by(4, 6), did: 'receive', topic: 'u', seq: 1, count: 1 },
    // Its publication is not on record.
    { ...by(4, 7), did: 'receive', topic: 'u', seq: 2, count: 1 },
    { ...by(4, 8), did: 'more-received', count: 9 },
  ];
  expect(messagesIn(entries, known)).toEqual({
    from: [0, 1, 2],
    sent: [1, 2, 3],
    to: [3, 3, 4],
    got: [5, 5, 6],
    left: 9,
  });
});

test('property: no message is received before it was published, and at most 10,000 receipts are kept', () => {
  const receipt = fc.record({ index: fc.nat(5), at: fc.nat(50), seq: fc.nat(4), count: fc.nat(3_000) });
  fc.assert(
    fc.property(fc.array(receipt, { maxLength: 5 }), (receipts) => {
      const entries = [
        ...[1, 2, 3].map((seq): ActivityRecord => ({ ...by(0, 10 * seq), did: 'publish', topic: 't', seq })),
        ...receipts.map(({ index, at, seq, count }): ActivityRecord => {
          return { ...by(index, at), did: 'receive', topic: 't', seq, count };
        }),
      ];
      const { from, sent, to, got, left } = messagesIn(entries, known);
      for (const [place, at] of sent.entries()) expect(got[place]).toBeGreaterThanOrEqual(at);
      expect(new Set([from.length, sent.length, to.length, got.length]).size).toBe(1);
      expect(got.length).toBeLessThanOrEqual(10_000);
      const all = receipts.reduce((sum, { count }) => sum + count, 0);
      expect(left).toBe(Math.max(0, all - 10_000));
    }),
  );
  const many = Array.from({ length: 10_001 }, (_, nth): ActivityRecord[] => [
    { ...by(0, nth), did: 'publish', topic: 't', seq: nth + 1 },
    { ...by(1, nth), did: 'receive', topic: 't', seq: nth + 1, count: 1 },
  ]).flat();
  expect(messagesIn(many, known)).toMatchObject({ left: 1 });
});
