import { Heap } from '../util/heap.ts';

/** What hands out items in the order of their times, one after the other. */
export interface Timed<Item> {
  /** The time of the next item; undefined when there is none any more. Changes by `take` alone. */
  readonly nextAt: number | undefined;
  take(): Item;
}

/** The items of all sources in the order of their times; of those of one time, an earlier source's come first. */
export function* merged<Item>(sources: readonly Timed<Item>[]): Generator<Item> {
  const heap = new Heap<{ at: number; readonly place: number; readonly source: Timed<Item> }>(
    (a, b) => a.at - b.at || a.place - b.place,
  );
  for (const [place, source] of sources.entries())
    if (source.nextAt !== undefined) heap.push({ at: source.nextAt, place, source });
  for (let first = heap.first; first !== undefined; first = heap.first) {
    yield first.source.take();
    const { nextAt } = first.source;
    if (nextAt === undefined) {
      heap.pop();
      continue;
    }
    first.at = nextAt;
    heap.settle();
  }
}
