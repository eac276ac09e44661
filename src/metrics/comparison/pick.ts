import type { Summarised } from './estimates.ts';
import type { Measured, Side, Unit, Values } from './measured.ts';
import type { SortedValues } from './pooled-values.ts';

/**
 * What a side has measured of a metric, as thresholds name it: `name,tag=value` is the metric with exactly these tags,
 * a name alone is every metric of that name.
 * @param metric with its tags in alphabetical order.
 * @param group only the instances of this group; null for all.
 * @returns undefined if nothing was measured.
 */
export function pick(side: Side, metric: string, group: string | null): Measured | undefined {
  const found = [...side]
    .filter(([name]) => name === metric || (!metric.includes(',') && name.startsWith(`${metric},`)))
    .map(([, measured]) => (group === null ? measured : ofGroup(measured, group)));
  const measured = found.filter(({ units }) => units.length > 0);
  return measured.length < 2 ? measured[0] : joined(measured);
}

function ofGroup(measured: Measured, group: string): Measured {
  const places = new Map<number, number>();
  const units = measured.units.filter((unit, index) => {
    if (unit.group === group) places.set(index, places.size);
    return unit.group === group;
  });
  return { ...measured, units, values: movedValues(measured.values, (of) => places.get(of)) };
}

/** Several metrics as one: the values of an instance stay together. */
function joined(all: readonly Measured[]): Measured {
  const places = new Map<string, number>();
  const units: (Unit & { sum: number; count: number })[] = [];
  const moved = all.map(({ units: own, values }) => {
    const to = own.map((unit) => {
      const key = JSON.stringify([unit.run, unit.group, unit.index]);
      const place = places.get(key) ?? units.length;
      places.set(key, place);
      const known = units[place];
      if (known === undefined) units.push({ ...unit });
      else {
        known.sum += unit.sum;
        known.count += unit.count;
      }
      return place;
    });
    return movedValues(values, (of) => to[of]);
  });
  const pooled = moved.flatMap((values) => (values.are === 'pooled' ? values.sorted : []));
  const distributions = moved.flatMap((values) => (values.are === 'averaged' ? values.distributions : []));
  return {
    units,
    hasInstances: all.some(({ hasInstances }) => hasInstances),
    values:
      distributions.length === 0
        ? { are: 'pooled', sorted: merged(pooled) }
        : { are: 'averaged', distributions },
  };
}

/** @param to the new index of a unit; undefined if it is left out. */
function movedValues(values: Values, to: (of: number) => number | undefined): Values {
  if (values.are === 'averaged') {
    const move = (each: Summarised): Summarised[] => {
      const of = to(each.of);
      return of === undefined ? [] : [{ ...each, of }];
    };
    return { are: 'averaged', distributions: values.distributions.flatMap(move) };
  }
  const { sorted } = values;
  const kept = [...sorted.of.keys()].filter((cell) => to(sorted.of[cell] ?? 0) !== undefined);
  return {
    are: 'pooled',
    sorted: {
      values: Float64Array.from(kept, (cell) => sorted.values[cell] ?? 0),
      of: Int32Array.from(kept, (cell) => to(sorted.of[cell] ?? 0) ?? 0),
      counts: Float64Array.from(kept, (cell) => sorted.counts[cell] ?? 0),
    },
  };
}

function merged(all: readonly SortedValues[]): SortedValues {
  const cells = all.flatMap(({ values, of, counts }) =>
    Array.from(values, (value, cell) => ({ value, of: of[cell] ?? 0, count: counts[cell] ?? 0 })),
  );
  cells.sort((a, b) => a.value - b.value);
  return {
    values: Float64Array.from(cells, ({ value }) => value),
    of: Int32Array.from(cells, ({ of }) => of),
    counts: Float64Array.from(cells, ({ count }) => count),
  };
}
