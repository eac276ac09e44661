import { computed, signal } from '@preact/signals';
import { arrivals } from '../metrics/arrivals.ts';
import { marked, report, shown } from '../state.ts';
import { rowOf } from './rows.ts';

export const arrowModes = ['marked', 'all', 'none'] as const;
export type ArrowMode = (typeof arrowModes)[number];

/** Which arrows are drawn: those of the marked instance, all, or none. */
export const arrowMode = signal<ArrowMode>('marked');

/** At most this many arrows are drawn, spread evenly over all of them: more cannot be told apart. */
const maxArrows = 300;

/** What leads from one instance to another, in ms. */
export interface Arrow {
  readonly what: 'release' | 'message';
  readonly from: { readonly instance: number; readonly at: number };
  readonly to: { readonly instance: number; readonly at: number };
}

/** From the signal that opened each barrier to the instances that went on then. */
const releases = computed<readonly Arrow[]>(() =>
  report.value.waits.flatMap(({ of, barrier, to, passed }): Arrow[] => {
    const its = arrivals.value[barrier];
    const opened = its?.target === null ? undefined : its?.at[(its.target ?? 0) - 1];
    if (!passed || to === null || its?.last === undefined || opened === undefined || its.last === of)
      return [];
    return [{ what: 'release', from: { instance: its.last, at: opened }, to: { instance: of, at: to } }];
  }),
);

/** From each publication to its receipts by others. */
const deliveries = computed<readonly Arrow[]>(() => {
  const { from, sent, to, got } = report.value.messages;
  return from.flatMap((instance, place): Arrow[] => {
    const receiver = to[place] ?? -1;
    if (receiver === instance) return [];
    return [
      {
        what: 'message',
        from: { instance, at: sent[place] ?? 0 },
        to: { instance: receiver, at: got[place] ?? 0 },
      },
    ];
  });
});

/** The arrows to draw, and the number of those that there are in the visible span. */
export const arrows = computed<{ readonly drawn: readonly Arrow[]; readonly all: number }>(() => {
  if (arrowMode.value === 'none') return { drawn: [], all: 0 };
  const isAll = arrowMode.value === 'all';
  const { from, to } = shown.value;
  const { value: one } = marked;
  const { value: row } = rowOf;
  const found = [...releases.value, ...deliveries.value].filter(
    (arrow) =>
      (isAll || arrow.from.instance === one || arrow.to.instance === one) &&
      Math.max(arrow.from.at, arrow.to.at) >= from &&
      Math.min(arrow.from.at, arrow.to.at) <= to &&
      row.has(arrow.from.instance) &&
      row.has(arrow.to.instance),
  );
  const every = Math.max(1, found.length / maxArrows);
  const drawn = Array.from(
    { length: Math.min(found.length, maxArrows) },
    (_, place) => found[Math.floor(place * every)],
  );
  return { drawn: drawn.filter((arrow) => arrow !== undefined), all: found.length };
});
