import { duration } from '../format.ts';
import { Legend } from '../metrics/legend.tsx';
import { report, zoom, zoomBy } from '../state.ts';
import { TimelineChart } from './chart.tsx';
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
        <span class="hint">
          drag to zoom, double-click for all; keys: ← → + − ↑ ↓, Enter for an instance’s lines
        </span>
      </div>
      <TimelineChart />
      <Legend />
    </section>
  );
}
