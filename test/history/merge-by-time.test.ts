import fc from 'fast-check';
import { expect, test } from 'vitest';
import { merged, type Timed } from '../../src/history/merge-by-time.ts';
import { Heap } from '../../src/util/heap.ts';

interface Item {
  readonly at: number;
  readonly of: number;
  readonly place: number;
}

function sourceOf(items: readonly Item[]): Timed<Item> {
  let taken = 0;
  return {
    get nextAt() {
      return items[taken]?.at;
    },
    take: () => items[taken++] as Item,
  };
}

/** The expected order by a simple algorithm, which compares all sources for every item. */
function expectedOf(sources: readonly Timed<Item>[]): Item[] {
  const items: Item[] = [];
  for (;;) {
    let first: Timed<Item> | undefined;
    for (const source of sources)
      if (source.nextAt !== undefined && (first === undefined || source.nextAt < (first.nextAt ?? 0)))
        first = source;
    if (first === undefined) return items;
    items.push(first.take());
  }
}

// Few different times, so that many are equal. They may be out of order: an instance can report any time.
const someItems = fc
  .array(fc.array(fc.nat({ max: 4 }), { maxLength: 8 }), { maxLength: 8 })
  .map((all) => all.map((times, of) => times.map((at, place): Item => ({ at, of, place }))));

test('property: merges sources by the time of their next line, and equal times in the order of the sources', () => {
  fc.assert(
    fc.property(someItems, (all) => {
      expect([...merged(all.map(sourceOf))]).toEqual(expectedOf(all.map(sourceOf)));
    }),
    { numRuns: 1_000 },
  );
});

test('property: a heap returns everything that was pushed, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = new Heap<number>((a, b) => a - b);
      for (const number of numbers) heap.push(number);
      expect(heap.first).toBe(numbers.length === 0 ? undefined : numbers.reduce((a, b) => Math.min(a, b)));
      expect(Array.from(numbers, () => heap.pop())).toEqual(numbers.toSorted((a, b) => a - b));
      expect(heap.size).toBe(0);
    }),
  );
});
