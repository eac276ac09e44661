import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { reveal } from '../hooks/reveal.ts';
import { useLater } from '../hooks/use-later.ts';
import { useRange } from '../hooks/use-range.ts';
import { useSize } from '../hooks/use-size.ts';
import { type Scale, scaleOf } from '../metrics/scale.ts';
import { marked, measured, moment, report, shown, tookMs, zoom, zoomBy } from '../state.ts';
import { theme } from '../theme.ts';
import { tipAt } from '../tip.ts';
import { arrows } from './arrows.ts';
import { drawRows } from './draw-rows.ts';
import { onTimelineKey } from './keys.ts';
import { order, type Row, rowOf, rows } from './rows.ts';
import type { Layout } from './scene.ts';

/** The object at a position of the chart. */
interface Pointed {
  readonly x: number;
  readonly y: number;
  readonly ms: number;
  readonly scale: Scale;
  readonly row: Row | undefined;
}

/** The rows of the timeline, as a scrollable canvas. */
export function TimelineChart() {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = Math.floor(useSize(scroller)?.width ?? 0);
  const [pointer, setPointer] = useState<{ readonly clientX: number; readonly clientY: number }>();
  const count = rows.value.length;
  const layout = layoutOf(count, width, () => scroller.current?.scrollTop ?? 0);
  const pointedAt = (event: { readonly clientX: number; readonly clientY: number }): Pointed => {
    const box = canvas.current?.getBoundingClientRect();
    const [x, y] = [event.clientX - (box?.left ?? 0), event.clientY - (box?.top ?? 0)];
    const scale = scaleOf(shown.value, layout.left, width - layout.left);
    const place = Math.floor((y - layout.top + layout.scrolled) / layout.row);
    return { x, y, ms: scale.ms(x), scale, row: y < layout.top ? undefined : rows.value[place] };
  };
  const later = useLater(() => {
    const context = canvas.current?.getContext('2d');
    if (context && width > 0) draw(context, layout, range.current);
  });
  const { range, ...handlers } = useRange(pointedAt, later);
  useEffect(later);
  useSignalEffect(() => {
    // The dependencies of the chart.
    [shown.value, rows.value, theme.value, report.value, tookMs.value, arrows.value];
    [marked.value, moment.value, measured.value];
    later();
  });
  const known = useRef(order.peek());
  useSignalEffect(() => {
    // Another order is chosen for what it puts first.
    if (known.current !== order.value && scroller.current !== null) scroller.current.scrollTop = 0;
    known.current = order.value;
  });
  useSignalEffect(() => {
    const { value: one } = marked;
    // Not on every change of the rows, which would scroll back a user who has scrolled elsewhere.
    const place = rowOf.peek().get(one ?? -1);
    const { row, height, top } = layout;
    if (place !== undefined && scroller.current !== null)
      reveal(scroller.current, place * row, (place + 1) * row, height - top);
  });
  return (
    <div
      ref={scroller}
      class="chart"
      role="application"
      aria-label="Timeline of the instances; the list of instances that did not pass and the log give the same as text"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is operated with keys.
      tabIndex={0}
      style={{ height: `${layout.height}px` }}
      onScroll={later}
      onKeyDown={onTimelineKey}
    >
      <div style={{ height: `${count * layout.row + layout.top}px` }}>
        <canvas
          ref={canvas}
          width={width * devicePixelRatio}
          height={layout.height * devicePixelRatio}
          style={{ width: `${width}px`, height: `${layout.height}px` }}
          {...handlers}
          onPointerMove={(event) => {
            handlers.onPointerMove(event);
            setPointer({ clientX: event.clientX, clientY: event.clientY });
          }}
          onPointerLeave={() => setPointer(undefined)}
          onDblClick={() => {
            zoom.value = undefined;
          }}
          onWheel={(event) => zoomByWheel(event, pointedAt(event).ms)}
        />
      </div>
      {pointer !== undefined && <Tip pointed={pointedAt(pointer)} layout={layout} />}
    </div>
  );
}

/** Zooms with a modifier key; the wheel alone scrolls. */
function zoomByWheel(event: WheelEvent, centre: number): void {
  if (!event.ctrlKey && !event.shiftKey && !event.metaKey) return;
  event.preventDefault();
  zoomBy((event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8, centre);
}

function layoutOf(count: number, width: number, scrolled: () => number): Layout {
  const row = count <= 40 ? 20 : count <= 150 ? 12 : 7;
  const top = 24;
  const height = Math.min(Math.max(1, count) * row, 0.62 * innerHeight) + top;
  return {
    ...{ width, height, row, top, left: width < 500 ? 84 : 130 },
    get scrolled() {
      return scrolled();
    },
  };
}

function draw(
  context: CanvasRenderingContext2D,
  layout: Layout,
  range: { readonly from: number; readonly to: number } | undefined,
): void {
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  const span = shown.value;
  const scale = scaleOf(span, layout.left, layout.width - layout.left);
  const cursors = { marked: marked.value, moment: moment.value, measured: measured.value };
  drawRows(context, { layout, scale, span, rows: rows.value, ...cursors, range });
}

/** The tooltip beside the pointer, updated with the chart. */
function Tip({
  pointed: { x, y, ms, scale, row },
  layout,
}: {
  readonly pointed: Pointed;
  readonly layout: Layout;
}) {
  const lines = row === undefined ? [] : tipAt(row, ms, scale.perPixel * 4);
  if (lines.length === 0) return null;
  const left = Math.max(0, Math.min(x + 14, layout.width - 260));
  return (
    <div class="tip" style={{ left: `${left}px`, top: `${y + layout.scrolled + 16}px` }}>
      {lines.map((line) => (
        <div key={line}>{line}</div>
      ))}
    </div>
  );
}
