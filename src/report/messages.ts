import type { ActivityRecord } from '../history/activity-log.ts';
import { msBetween } from '../os/clock.ts';
import type { Messages } from './data.ts';

/** The maximum number of receipts in a page. */
const maxReceipts = 10_000;

/** The data of the run that the operations belong to. */
interface Known {
  /** The index of an instance in the list of all. */
  readonly placeOf: (instance: { readonly group: string; readonly index: number }) => number;
  /** Since the epoch. */
  readonly began: number;
}

/** Pairs each recorded receipt of a message with its publication. */
export function messagesIn(entries: readonly ActivityRecord[], { placeOf, began }: Known): Messages {
  const published = new Map<string, { readonly of: number; readonly at: number }>();
  for (const entry of entries)
    if (entry.did === 'publish' && entry.seq !== undefined)
      published.set(keyOf(entry.topic, entry.seq), { of: placeOf(entry), at: msBetween(began, entry.at) });
  const columns = { from: [] as number[], sent: [] as number[], to: [] as number[], got: [] as number[] };
  let left = 0;
  let room = maxReceipts;
  for (const entry of entries) {
    if (entry.did === 'more-received') left += entry.count;
    if (entry.did !== 'receive') continue;
    const count = Math.min(entry.count, room);
    room -= count;
    left += entry.count - count;
    for (let seq = entry.seq; seq < entry.seq + count; seq++) {
      const its = published.get(keyOf(entry.topic, seq));
      // A record may lack the publication; nothing says then from where the message came.
      if (its === undefined) continue;
      columns.from.push(its.of);
      columns.sent.push(its.at);
      columns.to.push(placeOf(entry));
      columns.got.push(Math.max(its.at, msBetween(began, entry.at)));
    }
  }
  return { ...columns, left };
}

function keyOf(topic: string, seq: number): string {
  return `${seq} ${topic}`;
}
