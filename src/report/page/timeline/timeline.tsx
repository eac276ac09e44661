import { duration, many } from '../format.ts';
import { printing } from '../print.ts';
import { report, zoom, zoomBy } from '../state.ts';
import { type ArrowMode, arrowMode, arrows } from './arrows.ts';
import { TimelineChart } from './chart.tsx';
import { TimelineFilters } from './filters.tsx';
import { Legend } from './legend.tsx';
import { Moment } from './moment.tsx';
import { PrintedTimeline } from './printed.tsx';
import { type Order, order } from './rows.ts';

/** The timeline of instances: start and end, stages, waits, and messages of each. */
export function Timeline() {
  if (report.value.instances.every(({ from }) => from === null)) return null;
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
        {zoom.value !== undefined && (
          <output class="hint">
            {duration(zoom.value.from)} to {duration(zoom.value.to)}
          </output>
        )}
        <label>
          order{' '}
          <select
            value={order.value}
            onChange={({ currentTarget }) => {
              order.value = currentTarget.value as Order;
            }}
          >
            <option value="number">by number</option>
            <option value="trouble">causes first</option>
            <option value="start">by start</option>
            <option value="end">by end, latest first</option>
          </select>
        </label>
        <Arrows />
        <span class="hint">
          drag to zoom, double-click for all, click to select, Shift to measure; keys: arrows, + and −, m
          measures, Enter for an instance’s lines
        </span>
      </div>
      <TimelineFilters />
      {printing.value ? <PrintedTimeline /> : <TimelineChart />}
      <Moment />
      <Legend />
    </section>
  );
}

/** Which arrows are drawn, and how many are not. */
function Arrows() {
  const { barriers, messages } = report.value;
  const { drawn, all } = arrows.value;
  if (barriers.length === 0 && messages.got.length === 0) return null;
  return (
    <label>
      arrows{' '}
      <select
        value={arrowMode.value}
        onChange={({ currentTarget }) => {
          arrowMode.value = currentTarget.value as ArrowMode;
        }}
      >
        <option value="marked">of the selected instance</option>
        <option value="all">all</option>
        <option value="none">none</option>
      </select>
      {drawn.length < all && (
        <output class="hint">
          {' '}
          {drawn.length} of {all.toLocaleString('en')}: zoom in for the others
        </output>
      )}
      {messages.left > 0 && arrowMode.value !== 'none' && (
        <output class="hint"> {many(messages.left, 'receipt')} of messages have none</output>
      )}
    </label>
  );
}
