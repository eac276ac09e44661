import { useRef } from 'preact/hooks';
import UPlot from 'uplot';
import type { Machine } from '../../data.ts';
import { bytes, short } from '../format.ts';
import { useSize } from '../hooks/use-size.ts';
import type { Columns } from '../metrics/axes.ts';
import { Plot } from '../metrics/plot.tsx';
import { colourOf, dashOf } from '../palette.ts';
import { report, shown } from '../state.ts';

/** The machine during the run: its processors, memory and load, and what the groups used, under the timeline. */
export function MachineLane() {
  const place = useRef<HTMLElement>(null);
  // The same as in the timeline, so that times are below each other.
  const left = (useSize(place)?.width ?? 0) < 500 ? 84 : 130;
  const { machine } = report.value;
  if (machine === null) return null;
  return (
    <section id="machine" ref={place} aria-labelledby="machine-title">
      <h2 id="machine-title">Machine</h2>
      <p class="hint">
        {machine.cores} {machine.cores === 1 ? 'processor' : 'processors'}
        {machine.reason === null ? '' : `; saturated: ${machine.reason}`}
      </p>
      <Shares machine={machine} left={left} />
      {machine.groups.length > 0 && (
        <>
          <p class="hint">processors used by the instances of each group</p>
          <Groups machine={machine} left={left} />
        </>
      )}
    </section>
  );
}

interface LaneProps {
  readonly machine: Machine;
  readonly left: number;
}

/** Processors, steal and memory in percent, and the load per processor. */
function Shares({ machine: { from, to, cpu, steal, memory, load, cores }, left }: LaneProps) {
  const percent = (_: UPlot, value: number | null) => (value === null ? '–' : `${value.toFixed(0)} %`);
  const peak = load.reduce<number>((most, each) => Math.max(most, each ?? 0), cores);
  const series: UPlot.Series[] = [
    { ...stepped(0), label: 'CPU', fill: `${colourOf(0)}33`, value: percent },
    { ...stepped(5), label: 'steal', value: percent },
    { ...stepped(2), label: 'memory', value: percent },
    {
      ...stepped(3),
      label: `load (top: ${short(peak)})`,
      scale: 'load',
      value: (_, value) => (value === null ? '–' : short(value)),
    },
  ];
  const shares = [cpu, steal, memory].map((values) => values.map((its) => (its === null ? null : its * 100)));
  return (
    <Plot
      key={left}
      label="processors, steal and memory in percent, and the load, over time"
      series={series}
      columns={columnsOf(from, to, [...shares, load])}
      span={shown.value}
      height={150}
      left={left}
      y={{ range: [0, 100], format: (value) => `${value} %` }}
      scales={{ load: { range: [0, peak] } }}
    />
  );
}

/** The processors that each group used. */
function Groups({ machine: { from, to, groups }, left }: LaneProps) {
  const names = report.value.groups;
  const series = groups.map(
    ({ group, bytes: used }): UPlot.Series => ({
      ...stepped(group),
      label: names[group]?.id ?? '?',
      value: (_, value, __, at) => {
        const its = at === null ? null : (used[Math.max(0, at - 1)] ?? null);
        return value === null ? '–' : `${short(value)} processors${its === null ? '' : `, ${bytes(its)}`}`;
      },
    }),
  );
  return (
    <Plot
      key={[left, ...groups.map(({ group }) => group)].join()}
      label="processors used by the instances of each group, over time"
      series={series}
      columns={columnsOf(
        from,
        to,
        groups.map(({ processors }) => processors),
      )}
      span={shown.value}
      height={130}
      left={left}
      y={{ from: 0 }}
    />
  );
}

/** A line that holds for the time before each of its points. */
function stepped(place: number): UPlot.Series {
  const paths = UPlot.paths.stepped?.({ align: -1 });
  return {
    ...{ stroke: colourOf(place), dash: dashOf(place), width: 2, points: { show: false } },
    ...(paths === undefined ? {} : { paths }),
  };
}

/** Columns with a point at the end of each time span, and one at the start of the first. */
function columnsOf(
  from: readonly number[],
  to: readonly number[],
  all: readonly (readonly (number | null)[])[],
): Columns {
  return [[from[0] ?? 0, ...to], ...all.map((values) => [values[0] ?? null, ...values])];
}
