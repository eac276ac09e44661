import { computed, signal } from '@preact/signals';
import {
  type FaultSpan,
  lineKinds,
  type NetworkSpan,
  type ReportOutcome,
  type Stage,
  type Wait,
} from '../../data.ts';
import { placeOf, report } from '../state.ts';
import { instanceFilter } from './instance-filter.ts';

export const orders = ['number', 'trouble', 'start', 'end'] as const;
export type Order = (typeof orders)[number];

export const order = signal<Order>('number');
/** The outcomes whose instances are shown; undefined for all. */
export const shownOutcomes = signal<ReadonlySet<ReportOutcome> | undefined>(undefined);
/** The instances that are shown, as the user names them. */
export const wantedInstances = signal('');
/** The groups of which all instances share one row. */
export const folded = signal<ReadonlySet<number>>(new Set());

/** A status event or message of an instance. */
export interface Mark {
  readonly at: number;
  readonly line: number;
  readonly kind: 'message' | 'trouble';
}

/** The drawable data of an instance. */
export interface Row {
  readonly instance: number;
  readonly stages: readonly Stage[];
  readonly waits: readonly Wait[];
  readonly networks: readonly NetworkSpan[];
  readonly faults: readonly FaultSpan[];
  readonly marks: readonly Mark[];
  /** Set in the row of a folded group, whose first instance the row names. */
  readonly fold?: Fold;
}

/** A folded group: its index, its instances, and when they started and ended, each in order of time. */
export interface Fold {
  readonly group: number;
  readonly instances: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

const unsorted = computed<readonly Row[]>(() => {
  const { instances, stages, waits, networkSpans, faults, log } = report.value;
  const rows = instances.map((_, instance) => ({
    instance,
    stages: [] as Stage[],
    waits: [] as Wait[],
    networks: [] as NetworkSpan[],
    faults: [] as FaultSpan[],
    marks: [] as Mark[],
  }));
  for (const stage of stages) rows[stage.of]?.stages.push(stage);
  for (const wait of waits) rows[wait.of]?.waits.push(wait);
  for (const span of networkSpans) rows[span.of]?.networks.push(span);
  for (const fault of faults) for (const of of fault.of) rows[of]?.faults.push(fault);
  for (const [line, of] of log.of.entries()) {
    const kind = markOf(log.kind[line] ?? 0);
    if (kind !== undefined) rows[of]?.marks.push({ at: log.at[line] ?? 0, line, kind });
  }
  return rows;
});

/** Outcomes from the cause of a failure to its consequences; others come last. */
const severity: readonly (readonly ReportOutcome[])[] = [
  ['failed', 'crashed', 'never-started'],
  ['timed-out'],
  ['incomplete'],
  ['aborted', 'canceled'],
];

/** The rank of each instance: those to look at first, in the order of the causes, then by severity. */
const ranks = computed<readonly number[]>(() => {
  const { instances, about } = report.value;
  const examples = about.causes.flatMap(({ example }) => (example === null ? [] : [placeOf(example)]));
  return instances.map(({ outcome }, place) => {
    const first = examples.indexOf(place);
    if (first !== -1) return first;
    const at = severity.findIndex((all) => all.includes(outcome));
    return examples.length + (at === -1 ? severity.length : at);
  });
});

const sorted = computed<readonly Row[]>(() => {
  const { instances } = report.value;
  const key: Readonly<Record<Order, (row: Row) => number>> = {
    number: ({ instance }) => instance,
    trouble: ({ instance }) => ranks.value[instance] ?? Number.POSITIVE_INFINITY,
    start: ({ instance }) => instances[instance]?.from ?? Number.POSITIVE_INFINITY,
    end: ({ instance }) => -(instances[instance]?.to ?? Number.POSITIVE_INFINITY),
  };
  return unsorted.value.toSorted(
    (a, b) => key[order.value](a) - key[order.value](b) || a.instance - b.instance,
  );
});

/** The rows that are shown, in the selected order. A folded group is at the place of its first instance. */
export const rows = computed<readonly Row[]>(() => {
  const { instances, groups } = report.value;
  const { value: shown } = shownOutcomes;
  const isWanted = instanceFilter(wantedInstances.value);
  const found = sorted.value.filter(({ instance }) => {
    const its = instances[instance];
    if (its === undefined || (shown !== undefined && !shown.has(its.outcome))) return false;
    return isWanted(groups[its.group]?.id ?? '', its.index);
  });
  const { value: closed } = folded;
  if (closed.size === 0) return found;
  const members = new Map<number, Row[]>();
  const others = found.filter((row) => {
    const group = instances[row.instance]?.group ?? -1;
    if (!closed.has(group)) return true;
    const its = members.get(group);
    if (its === undefined) members.set(group, [row]);
    else its.push(row);
    return false;
  });
  const folds = [...members].map(([group, its]) => foldOf(group, its));
  const placeIn = ({ instance }: Row) => places.value.get(instance) ?? 0;
  return [...folds, ...others].sort((a, b) => placeIn(a) - placeIn(b));
});

/** The position of each instance in the selected order. */
const places = computed<ReadonlyMap<number, number>>(
  () => new Map(sorted.value.map(({ instance }, place) => [instance, place])),
);

/** The row in which an instance is drawn, if it is. */
export const rowOf = computed<ReadonlyMap<number, number>>(
  () =>
    new Map(
      rows.value.flatMap(({ instance, fold }, row) =>
        (fold?.instances ?? [instance]).map((each) => [each, row] as const),
      ),
    ),
);

/** Folds a group, or unfolds it. */
export function toggleFold(group: number): void {
  const next = new Set(folded.value);
  if (!next.delete(group)) next.add(group);
  folded.value = next;
}

/** @param members rows of a group, at least one. */
function foldOf(group: number, members: readonly Row[]): Row {
  const { instances } = report.value;
  const ids = members.map(({ instance }) => instance);
  const inOrder = (times: readonly (number | null | undefined)[]) =>
    times.filter((at) => typeof at === 'number').sort((a, b) => a - b);
  return {
    instance: ids[0] ?? -1,
    stages: [],
    waits: [],
    networks: [],
    faults: [...new Set(members.flatMap(({ faults }) => faults))],
    marks: members.flatMap(({ marks }) => marks.filter(({ kind }) => kind === 'trouble')),
    fold: {
      group,
      instances: ids,
      starts: inOrder(ids.map((instance) => instances[instance]?.from)),
      ends: inOrder(ids.map((instance) => instances[instance]?.to)),
    },
  };
}

/** How many instances of a folded group run at a time, in ms. */
export function runningAt({ starts, ends }: Pick<Fold, 'starts' | 'ends'>, ms: number): number {
  return countUntil(starts, ms) - countUntil(ends, ms);
}

/** How many of some sorted times are not after another. */
function countUntil(times: readonly number[], ms: number): number {
  let [from, to] = [0, times.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((times[middle] ?? 0) <= ms) from = middle + 1;
    else to = middle;
  }
  return from;
}

function markOf(kind: number): Mark['kind'] | undefined {
  const name = lineKinds[kind];
  if (name === 'FAIL' || name === 'CRASH') return 'trouble';
  return name === 'MESSAGE' ? 'message' : undefined;
}
