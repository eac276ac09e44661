import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import { duration, short } from '../format.ts';
import { type Span, zoomTo } from '../state.ts';
import { pageColour, theme } from '../theme.ts';
import { tickText } from './scale.ts';

/** The columns of a plot: the first is the time in ms; null is a missing value. */
export type Columns = readonly (readonly (number | null)[])[];

export interface PlotProps {
  readonly label: string;
  readonly series: readonly UPlot.Series[];
  readonly bands?: readonly UPlot.Band[] | undefined;
  readonly columns: Columns;
  /** The visible time span. */
  readonly span: Span;
  readonly height: number;
  /** The width of the axis at the left, in pixels, if the plot is below others. */
  readonly left?: number;
  /** The axis of values: a fixed range, or only its start; and how to format a value. */
  readonly y?: {
    readonly range?: readonly [number, number];
    readonly from?: number;
    readonly format?: (value: number) => string;
  };
  /** More axes of values, by name, which are not drawn. */
  readonly scales?: Readonly<Record<string, { readonly range: readonly [number, number] }>>;
  /** Called with the column at the pointer, if any; replaces the legend. */
  readonly onPoint?: (column: number | undefined) => void;
}

/** A plot over the run's time, whose zoom is synchronized with all others. */
export function Plot(props: PlotProps) {
  const { label, columns, span, height } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  useSignalEffect(() => {
    // Redraws when the theme changes.
    theme.value;
    plot.current?.destroy();
    plot.current = place.current === null ? undefined : made(place.current, latest.current);
  });
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: box.clientWidth, height }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
    };
  }, [height]);
  useEffect(() => plot.current?.setData(columns as UPlot.AlignedData, false), [columns]);
  useEffect(
    () => plot.current?.setScale('x', { min: span.from, max: span.to }),
    [span.from, span.to, columns],
  );
  return <div ref={place} class="plot" role="img" aria-label={label} />;
}

function made(
  place: HTMLDivElement,
  { series, bands = [], columns, span, height, left, y = {}, scales = {}, onPoint }: PlotProps,
): UPlot {
  const axis: UPlot.Axis = {
    stroke: pageColour('--ink'),
    grid: { stroke: pageColour('--faint'), width: 1 },
    ticks: { stroke: pageColour('--faint'), width: 1 },
    font: '12px system-ui',
  };
  const options: UPlot.Options = {
    width: Math.max(200, place.clientWidth),
    height,
    scales: {
      ...Object.fromEntries(
        Object.entries(scales).map(
          ([
            name,
            {
              range: [min, max],
            },
          ]) => [name, { range: [min, max] }],
        ),
      ),
      x: { time: false, range: (_, min, max) => [min, max] },
      y: rangeOf(y),
    },
    ...(left === undefined ? {} : { padding: [8, 0, 0, 0] }),
    axes: [
      { ...axis, values: (_, values) => tickTexts(values), space: 90 },
      { ...axis, values: (_, values) => values.map(y.format ?? short), size: left ?? 62 },
    ],
    series: [{ label: 'time', value: (_, ms) => (ms === null ? '–' : duration(ms)) }, ...series],
    bands: [...bands],
    legend: { show: onPoint === undefined },
    cursor: { drag: { x: true, y: false, setScale: false } },
    hooks: {
      setCursor: [(its) => onPoint?.(its.cursor.idx ?? undefined)],
      draw: [
        (its) => {
          for (const band of bands) drawSpread(its, band);
        },
      ],
      setSelect: [
        (its) => {
          const { left, width } = its.select;
          if (width > 4) zoomTo({ from: its.posToVal(left, 'x'), to: its.posToVal(left + width, 'x') });
          its.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
  const its = new UPlot(options, columns as UPlot.AlignedData, place);
  its.setScale('x', { min: span.from, max: span.to });
  return its;
}

function rangeOf({ range, from }: NonNullable<PlotProps['y']>): UPlot.Scale {
  if (range !== undefined) return { range: [range[0], range[1]] };
  if (from === undefined) return {};
  return { range: (_, __, max) => UPlot.rangeNum(from, Math.max(from, max), 0.1, true) };
}

/** Draws the range from minimum to maximum at each time; a band is invisible where there is only one. */
function drawSpread(plot: UPlot, { series: [high, low], fill }: UPlot.Band): void {
  const { ctx, data } = plot;
  if (typeof fill !== 'string') return;
  ctx.save();
  ctx.beginPath();
  for (const [index, time] of data[0].entries()) {
    const [top, bottom] = [data[high]?.[index], data[low]?.[index]];
    if (top === null || top === undefined || bottom === null || bottom === undefined) continue;
    const x = plot.valToPos(time, 'x', true);
    ctx.moveTo(x, plot.valToPos(top, 'y', true));
    ctx.lineTo(x, plot.valToPos(bottom, 'y', true));
  }
  ctx.strokeStyle = fill;
  ctx.lineWidth = 3 * devicePixelRatio;
  ctx.stroke();
  ctx.restore();
}

function tickTexts(values: readonly number[]): string[] {
  const step = (values[1] ?? 1) - (values[0] ?? 0);
  return values.map((ms) => tickText(ms, step));
}
