import { computed, signal } from '@preact/signals';
import { lineKinds, type Stage, type Wait } from '../../data.ts';
import { isTrouble } from '../palette.ts';
import { report } from '../state.ts';

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

/** All rows, in the selected order. */
export const rows = computed<readonly Row[]>(() => {
  const { instances } = report.value;
  const key: Readonly<Record<Order, (row: Row) => number>> = {
    number: ({ instance }) => instance,
    trouble: ({ instance }) => (isTrouble(instances[instance]?.outcome ?? 'success') ? 0 : 1),
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
