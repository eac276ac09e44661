import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { drawRows, type Layout } from './draw-rows.ts';
import { Legend } from './legend.tsx';
import { theme } from './looks.ts';
import { type Order, order, rows } from './rows.ts';
import { scaleOf } from './scale.ts';
import { choose, chosen, pan, report, type Span, shown, zoom, zoomBy, zoomTo } from './state.ts';
import { tipAt } from './tip.ts';

/** A drag of fewer pixels is a click. */
const dragPixels = 4;

/** Instances by time: when each began and ended, its stages, where it waited, what it said. */
export function Timeline() {
  return (
    <section id="timeline" aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      <div class="tools">
        <button type="button" onClick={() => zoomBy(0.5)} aria-label="zoom in">
          +
        </button>
        <button type="button" onClick={() => zoomBy(2)} aria-label="zoom out">
          −
        </button>
        <button type="button" disabled={zoom.value === undefined} onClick={() => (zoom.value = undefined)}>
          all
        </button>
        <label>
          order{' '}
          <select
            value={order.value}
            onChange={({ currentTarget }) => {
              order.value = currentTarget.value as Order;
            }}
          >
            <option value="number">by number</option>
            <option value="trouble">those that did not pass first</option>
            <option value="start">by start</option>
            <option value="end">by end, the last first</option>
          </select>
        </label>
        <span class="hint">
          drag to zoom, double-click for all; keys: ← → + − ↑ ↓, Enter for an instance’s lines
        </span>
      </div>
      <Chart />
      <Legend />
    </section>
  );
}

function Chart() {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [tip, setTip] = useState<{
    readonly x: number;
    readonly y: number;
    readonly lines: readonly string[];
  }>();
  const range = useRef<Span | undefined>(undefined);
  const dragFrom = useRef<number | undefined>(undefined);
  const count = rows.value.length;
  const row = count <= 40 ? 20 : count <= 150 ? 12 : 7;
  const top = 24;
  const height = Math.min(count * row, 0.62 * innerHeight) + top;
  const layout = (): Layout => ({
    width,
    height,
    row,
    left: width < 500 ? 84 : 130,
    top,
    scrolled: scroller.current?.scrollTop ?? 0,
  });
  const draw = () => {
    const context = canvas.current?.getContext('2d');
    if (context === null || context === undefined || width === 0) return;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    const its = layout();
    const span = shown.value;
    const scale = scaleOf(span, its.left, width - its.left);
    drawRows(context, {
      ...{ layout: its, scale, span, rows: rows.value },
      ...{ chosen: chosen.value, range: range.current },
    });
  };
  const later = useLater(draw);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    if (scroller.current !== null) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);
  useEffect(later);
  useSignalEffect(() => {
    // What it depends on.
    [shown.value, rows.value, chosen.value, theme.value, report.value];
    later();
  });
  useSignalEffect(() => {
    const place = rows.value.findIndex(({ instance }) => instance === chosen.value);
    const box = scroller.current;
    if (place === -1 || box === null) return;
    const [from, to] = [place * row, (place + 1) * row];
    if (from < box.scrollTop) box.scrollTop = from;
    else if (to > box.scrollTop + height - top) box.scrollTop = to - height + top;
  });

  const at = (event: { readonly clientX: number; readonly clientY: number }) => {
    const box = canvas.current?.getBoundingClientRect();
    const its = layout();
    const x = event.clientX - (box?.left ?? 0);
    const y = event.clientY - (box?.top ?? 0);
    const scale = scaleOf(shown.value, its.left, width - its.left);
    return { x, y, ms: scale.ms(x), scale, its: rows.value[Math.floor((y - top + its.scrolled) / row)] };
  };
  const onPointerMove = (event: PointerEvent) => {
    const { x, y, ms, scale, its } = at(event);
    if (dragFrom.current !== undefined) {
      const [from, to] = [Math.min(dragFrom.current, ms), Math.max(dragFrom.current, ms)];
      range.current = (to - from) / scale.perPixel > dragPixels ? { from, to } : undefined;
      later();
    }
    const lines = its === undefined || y < top ? [] : tipAt(its, ms, scale.perPixel * 4);
    setTip(lines.length === 0 ? undefined : { x, y, lines });
  };
  const onPointerUp = (event: PointerEvent) => {
    const { current } = range;
    range.current = undefined;
    if (current !== undefined) zoomTo(current);
    else if (dragFrom.current !== undefined) {
      const { its } = at(event);
      if (its !== undefined) choose(its.instance === chosen.value ? undefined : its.instance);
    }
    dragFrom.current = undefined;
    later();
  };
  return (
    <div
      ref={scroller}
      class="chart"
      role="application"
      aria-label="Timeline of all instances; the list of those that did not pass, and the log, say the same in words"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is operated with keys.
      tabIndex={0}
      style={{ height: `${height}px` }}
      onScroll={later}
      onKeyDown={onKey}
    >
      <div style={{ height: `${count * row + top}px` }}>
        <canvas
          ref={canvas}
          width={width * devicePixelRatio}
          height={height * devicePixelRatio}
          style={{ width: `${width}px`, height: `${height}px` }}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            dragFrom.current = at(event).ms;
            if (event.pointerType === 'mouse') event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
          onPointerCancel={() => {
            dragFrom.current = undefined;
            range.current = undefined;
          }}
          onPointerLeave={() => setTip(undefined)}
          onDblClick={() => {
            zoom.value = undefined;
          }}
          onWheel={(event) => {
            if (!event.ctrlKey && !event.shiftKey && !event.metaKey) return;
            event.preventDefault();
            zoomBy((event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8, at(event).ms);
          }}
        />
      </div>
      {tip && (
        <div
          class="tip"
          style={{
            left: `${Math.min(tip.x + 14, width - 260)}px`,
            top: `${tip.y + (scroller.current?.scrollTop ?? 0) + 16}px`,
          }}
        >
          {tip.lines.map((line) => (
            <div key={line}>{line}</div>
          ))}
        </div>
      )}
    </div>
  );
}

function onKey(event: KeyboardEvent): void {
  const actions: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => pan(-0.2),
    ArrowRight: () => pan(0.2),
    '+': () => zoomBy(0.5),
    '=': () => zoomBy(0.5),
    '-': () => zoomBy(2),
    Home: () => {
      zoom.value = undefined;
    },
    Escape: () => choose(undefined),
    ArrowUp: () => step(-1),
    ArrowDown: () => step(1),
    Enter: () => document.getElementById('log')?.scrollIntoView({ behavior: 'smooth' }),
  };
  const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
}

/** Looks at the row above or below. */
function step(by: number): void {
  const place = rows.value.findIndex(({ instance }) => instance === chosen.value);
  const next = rows.value[place === -1 ? 0 : place + by];
  if (next !== undefined) choose(next.instance);
}

/** A function that draws when the browser does next, however often it is called before. */
function useLater(draw: () => void): () => void {
  const latest = useRef(draw);
  latest.current = draw;
  const asked = useRef(false);
  const later = useRef(() => {
    if (asked.current) return;
    asked.current = true;
    requestAnimationFrame(() => {
      asked.current = false;
      latest.current();
    });
  });
  return later.current;
}
