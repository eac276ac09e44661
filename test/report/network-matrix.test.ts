import { expect, test } from 'vitest';
import type { Pairs } from '../../src/report/data.ts';
import { droppedOf, matrixOf, packetsOf, shadeOf } from '../../src/report/page/network/matrix-data.ts';

/** Pairs of which one sent packets to the other, and some of these were lost. */
function pairsOf(
  ...all: readonly (readonly [from: number, to: number, sent: number, lost?: number])[]
): Pairs {
  const zero = all.map(() => 0);
  return {
    from: all.map(([from]) => from),
    to: all.map(([, to]) => to),
    sent: all.map(([, , sent]) => sent),
    lost: all.map(([, , , lost = 0]) => lost),
    received: all.map(([, , sent, lost = 0]) => sent - lost),
    ...{ sentBytes: zero, overflowed: zero, unasked: zero },
  };
}

test('has all that sent or received, in order, and a shared NAT as a receiver at the end', () => {
  const { senders, receivers, cells, most, left } = matrixOf(
    pairsOf([3, 1, 10, 2], [1, 3, 4], [1, -1, 1, 1]),
  );
  expect(senders).toEqual([1, 3]);
  expect(receivers).toEqual([1, 3, -1]);
  expect([most, left]).toEqual([10, 0]);
  const cell = cells.get(3)?.get(1);
  expect(cell && [packetsOf(cell), droppedOf(cell)]).toEqual([10, 2]);
  expect(cells.get(3)?.get(3)).toBeUndefined();
});

test('of many, those with most packets are shown, and the others counted', () => {
  const all = Array.from({ length: 100 }, (_, from) => [from, 100, from + 1] as const);
  const { senders, left } = matrixOf(pairsOf(...all));
  expect(senders).toHaveLength(64);
  expect(senders.slice(0, 2)).toEqual([37, 38]);
  expect(senders.at(-1)).toBe(100);
  expect(left).toBe(37);
});

test('shades grow with the number of packets, from none to all', () => {
  const shades = [0, 1, 10, 1_000].map((packets) => shadeOf(packets, 1_000));
  expect(shades).toEqual(shades.toSorted((a, b) => a - b));
  expect([shades[0], shades[3]]).toEqual([0, 1]);
});
