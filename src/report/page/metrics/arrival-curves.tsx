import UPlot from 'uplot';
import { colourOf } from '../palette.ts';
import { shown, tookMs } from '../state.ts';
import { pageColour } from '../theme.ts';
import type { Arrivals } from './arrivals.ts';
import type { Columns } from './axes.ts';
import { Plot } from './plot.tsx';

/** Plots the arrivals at a barrier and the departures from it. */
export function ArrivalCurves({
  arrivals: { name, target, at, passes, count, opened },
}: {
  readonly arrivals: Arrivals;
}) {
  // Instances that poll do not report that they continue.
  const counted = target === null ? [at] : [at, passes];
  const columns = stepsOf(counted, tookMs.value, target);
  const stepped = UPlot.paths.stepped?.({ align: 1 });
  const line = (label: string, stroke: string, dash?: number[]): UPlot.Series => ({
    ...{ label, stroke, width: 2, points: { show: false } },
    ...(stepped === undefined ? {} : { paths: stepped }),
    ...(dash === undefined ? {} : { dash }),
  });
  const series = [
    line('signalled', colourOf(0)),
    ...(target === null
      ? []
      : [line('continued', colourOf(2), [6, 4]), line('needed', pageColour('--ink'), [2, 4])]),
  ];
  const signals = target === null ? `${count} signals` : `${Math.min(count, target)} signals of ${target}`;
  const missing = opened === undefined || at.length < Math.min(count, target ?? count);
  const went = target === null ? '' : `, ${passes.length} continued`;
  const text = `${name}: ${signals}${went}${missing ? '; the record is incomplete' : ''}`;
  return (
    <figure>
      <figcaption>{text}</figcaption>
      <Plot label={text} series={series} columns={columns} span={shown.value} height={220} />
    </figure>
  );
}

/** Converts events to step functions that grow by one at each time, as columns of one plot. */
function stepsOf(all: readonly (readonly number[])[], end: number, target: number | null): Columns {
  const times = [...new Set([0, ...all.flat(), end])].sort((a, b) => a - b);
  const counts = all.map((moments) => {
    let count = 0;
    return times.map((time) => {
      while (count < moments.length && (moments[count] ?? 0) <= time) count++;
      return count;
    });
  });
  return [times, ...counts, ...(target === null ? [] : [times.map(() => target)])];
}
