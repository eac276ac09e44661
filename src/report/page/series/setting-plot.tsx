import UPlot from 'uplot';
import { short } from '../format.ts';
import { useDrawnPlot } from '../hooks/use-drawn-plot.ts';
import { axisStyle } from '../metrics/axis-style.ts';
import { colourOf, dashOf } from '../palette.ts';
import { pageColour } from '../theme.ts';
import type { SettingCurves } from './curves.ts';

const height = 220;

/** A plot of a metric by a setting: a dot for each run, and a line through the medians. */
export function SettingPlot({ label, curves }: { readonly label: string; readonly curves: SettingCurves }) {
  const { place } = useDrawnPlot((box) => made(box, curves), height);
  return <div ref={place} class="plot" role="img" aria-label={label} />;
}

function made(place: HTMLDivElement, { at, names, curves }: SettingCurves): UPlot {
  const axis = axisStyle();
  const nameOf = (value: number) => (Number.isInteger(value) ? (names?.[value] ?? '') : '');
  const options: UPlot.Options = {
    width: Math.max(200, place.clientWidth),
    height,
    scales: { x: { time: false, range: (_, min, max) => padded(min, max) } },
    axes: [
      { ...axis, values: (_, values) => values.map(names === undefined ? short : nameOf) },
      { ...axis, values: (_, values) => values.map(short), size: 62 },
    ],
    series: [
      {},
      ...curves.flatMap(({ label }, index): UPlot.Series[] => [
        {
          label: `${label} runs`,
          paths: () => null,
          points: { show: true, size: 6, stroke: colourOf(index), fill: pageColour('--paper') },
        },
        {
          label,
          stroke: colourOf(index),
          width: 2,
          dash: dashOf(index),
          spanGaps: true,
          points: { show: false },
        },
      ]),
    ],
    legend: { show: false },
    cursor: { show: false },
  };
  const columns = [at, ...curves.flatMap(({ dots, middle }) => [dots, middle])];
  return new UPlot(options, columns as UPlot.AlignedData, place);
}

/** A range with some room at both ends. */
function padded(min: number, max: number): [number, number] {
  const room = max > min ? (max - min) * 0.05 : 0.5;
  return [min - room, max + room];
}
