import { computed, signal } from '@preact/signals';
import { lineKinds, type ReportOutcome, type Stage, type Wait } from '../../data.ts';
import { placeOf, report } from '../state.ts';

export type Order = 'number' | 'trouble' | 'start' | 'end';

export const order = signal<Order>('number');

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
  readonly marks: readonly Mark[];
}

const unsorted = computed<readonly Row[]>(() => {
  const { instances, stages, waits, log } = report.value;
  const rows = instances.map((_, instance) => ({
    instance,
    stages: [] as Stage[],
    waits: [] as Wait[],
    marks: [] as Mark[],
  }));
  for (const stage of stages) rows[stage.of]?.stages.push(stage);
  for (const wait of waits) rows[wait.of]?.waits.push(wait);
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

/** All rows, in the selected order. */
export const rows = computed<readonly Row[]>(() => {
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

function markOf(kind: number): Mark['kind'] | undefined {
  const name = lineKinds[kind];
  if (name === 'FAIL' || name === 'CRASH') return 'trouble';
  return name === 'MESSAGE' ? 'message' : undefined;
}
