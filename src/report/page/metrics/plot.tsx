import { useEffect } from 'preact/hooks';
import UPlot from 'uplot';
import { duration, short } from '../format.ts';
import { useDrawnPlot } from '../hooks/use-drawn-plot.ts';
import { faultColour } from '../palette.ts';
import { report, type Span, tookMs, zoomTo } from '../state.ts';
import { pageColour } from '../theme.ts';
import type { Columns, PlainAxis, ValueAxis } from './axes.ts';
import { axisStyle } from './axis-style.ts';
import { tickText } from './scale.ts';

export interface PlotProps {
  readonly label: string;
  readonly series: readonly UPlot.Series[];
  readonly columns: Columns;
  /** The visible time span. */
  readonly span: Span;
  readonly height: number;
  /** The width of the axis at the left, in pixels, if the plot is below others. */
  readonly left?: number;
  readonly x?: PlainAxis;
  readonly y?: ValueAxis;
  /** More axes of values, by name, which are not drawn. */
  readonly scales?: Readonly<Record<string, { readonly range: readonly [number, number] }>>;
  /** Called with the column at the pointer, if any; replaces the legend. */
  readonly onPoint?: (column: number | undefined) => void;
}

/** A plot over the run's time, whose zoom is synchronized with all others, or over another axis. */
export function Plot(props: PlotProps) {
  const { label, columns, height } = props;
  const { place, plot } = useDrawnPlot((box) => made(box, props), height);
  useEffect(() => plot.current?.setData(columns as UPlot.AlignedData, false), [columns]);
  const [from, to] = visible(props);
  useEffect(() => plot.current?.setScale('x', { min: from, max: to }), [from, to, columns]);
  return <div ref={place} class="plot" role="img" aria-label={label} />;
}

function visible({ x, span }: PlotProps): readonly [number, number] {
  return x === undefined ? [span.from, span.to] : x.range;
}

function made(place: HTMLDivElement, props: PlotProps): UPlot {
  const { series, columns, height, left, x, y = {}, scales = {}, onPoint } = props;
  const axis = axisStyle();
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
      x === undefined
        ? { ...axis, values: (_, values) => tickTexts(values), space: 90 }
        : {
            ...axis,
            splits: () => x.ticks.map(({ at }) => at),
            values: () => x.ticks.map(({ text }) => text),
          },
      {
        ...axis,
        // On a logarithmic axis, minor ticks have no text.
        values: (_, values: readonly (number | null)[]) =>
          values.map((value) => (value === null ? '' : (y.format ?? short)(value))),
        size: left ?? 70,
      },
    ],
    series: [{ label: 'time', value: (_, ms) => (ms === null ? '–' : duration(ms)) }, ...series],
    legend: { show: onPoint === undefined },
    cursor: { drag: { x: x === undefined, y: false, setScale: false } },
    hooks: {
      setCursor: [(its) => onPoint?.(its.cursor.idx ?? undefined)],
      drawClear: x === undefined ? [shadeFaults] : [],
      draw: [(its) => drawLines(its, y.lines ?? [])],
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
  const [min, max] = visible(props);
  its.setScale('x', { min, max });
  return its;
}

function rangeOf({ range, from, isLog = false, lines = [] }: ValueAxis): UPlot.Scale {
  if (range !== undefined) return { range: [range[0], range[1]] };
  if (from === undefined && lines.length === 0) return isLog ? { distr: 3, log: 10 } : {};
  const bounds = [...lines.map(({ value }) => value), ...(from === undefined ? [] : [from])];
  return {
    ...(isLog ? { distr: 3, log: 10 } : {}),
    range: (_, low, high) => {
      // Without values there is nothing but the lines.
      const [min, max] = [
        Math.min(low ?? Number.POSITIVE_INFINITY, ...bounds),
        Math.max(high ?? 0, ...bounds),
      ];
      return isLog && min > 0 ? UPlot.rangeLog(min, max, 10, false) : UPlot.rangeNum(min, max, 0.1, true);
    },
  };
}

/** Shades the time of each fault that lasts. */
function shadeFaults(plot: UPlot): void {
  const { ctx, bbox } = plot;
  const { left, width } = bbox;
  ctx.save();
  ctx.fillStyle = faultColour;
  ctx.globalAlpha = 0.15;
  for (const { from, to } of report.value.faults) {
    const start = Math.max(left, plot.valToPos(from, 'x', true));
    const end = Math.min(left + width, plot.valToPos(to ?? tookMs.value, 'x', true));
    const least = from === to ? 2 * devicePixelRatio : 0;
    if (end >= left && start <= left + width)
      ctx.fillRect(start, bbox.top, Math.max(least, end - start), bbox.height);
  }
  ctx.restore();
}

/** Draws dashed lines across a plot, with their texts. */
function drawLines(plot: UPlot, lines: NonNullable<ValueAxis['lines']>): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = pageColour('--ink');
  ctx.fillStyle = pageColour('--ink');
  ctx.lineWidth = ratio;
  ctx.setLineDash([6 * ratio, 3 * ratio]);
  ctx.font = `${12 * ratio}px system-ui`;
  ctx.textAlign = 'right';
  for (const { value, text } of lines) {
    const y = plot.valToPos(value, 'y', true);
    if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const isLow = y - bbox.top > 16 * ratio;
    const at = [bbox.left + bbox.width - 4 * ratio, isLow ? y - 4 * ratio : y + 14 * ratio] as const;
    // The text stays readable on top of lines.
    ctx.save();
    ctx.setLineDash([]);
    ctx.strokeStyle = pageColour('--paper');
    ctx.lineWidth = 4 * ratio;
    ctx.strokeText(text, ...at);
    ctx.restore();
    ctx.fillText(text, ...at);
  }
  ctx.restore();
}

function tickTexts(values: readonly number[]): string[] {
  const step = (values[1] ?? 1) - (values[0] ?? 0);
  return values.map((ms) => tickText(ms, step));
}
