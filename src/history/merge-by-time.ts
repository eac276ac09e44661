import { Heap } from '../util/heap.ts';

/** A source of items in order of time. */
export interface Timed<Item> {
  /** The time of the next item; undefined at the end. Only `take` changes it. */
  readonly nextAt: number | undefined;
  take(): Item;
}

/** Merges sources in order of time; for equal times, items of earlier sources come first. */
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
    heap.siftDown();
  }
}
