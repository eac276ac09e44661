import { useMemo, useRef } from 'preact/hooks';
import type { SeriesValues } from '../../series-data.ts';
import { useInSight } from '../hooks/in-sight.ts';
import { Finder, isWanted } from '../log/finder.tsx';
import { More } from '../more.tsx';
import { colourOf } from '../palette.ts';
import { step } from '../view/address.ts';
import { textInAddress } from '../view/text-field.ts';
import { curvesOf } from './curves.ts';
import { SettingPlot } from './setting-plot.tsx';
import { axis, series, stat } from './state.ts';

const wanted = textInAddress('metrics');
/** The number of metrics that are shown at first. */
const shownFirst = 24;

/** Each metric of the runs, by a setting of the matrix or by round. */
export function SeriesMetrics() {
  const { metrics, axes } = series.value;
  if (metrics.length === 0) return null;
  const found = metrics.filter(({ name }) => isWanted(name, wanted));
  return (
    <section id="metrics" aria-labelledby="metrics-title">
      <h2 id="metrics-title">Metrics</h2>
      <div class="tools">
        <label>
          of each run{' '}
          <select
            value={stat.value}
            onChange={({ currentTarget }) => {
              step(() => (stat.value = currentTarget.value === 'p95' ? 'p95' : 'p50'));
            }}
          >
            <option value="p50">its median</option>
            <option value="p95">its p95</option>
          </select>
        </label>
        <label>
          by{' '}
          <select
            value={String(axis.value ?? '')}
            onChange={({ currentTarget }) => {
              const place = currentTarget.value === '' ? undefined : Number(currentTarget.value);
              step(() => (axis.value = place));
            }}
          >
            {axes.map((name, place) => (
              <option key={name} value={String(place)}>
                {name}
              </option>
            ))}
            <option value="">round</option>
          </select>
        </label>
      </div>
      {metrics.length > 12 && (
        <Finder what="a metric" wanted={wanted} found={found.length} all={metrics.length} />
      )}
      <div class="cards">
        <More all={found} first={shownFirst} what="metric">
          {(metric) => <MetricBySetting key={metric.name} metric={metric} />}
        </More>
      </div>
      <p class="hint">A dot is a run; the line goes through the medians of the rounds.</p>
    </section>
  );
}

function MetricBySetting({ metric }: { readonly metric: SeriesValues }) {
  const place = useRef<HTMLElement>(null);
  const inSight = useInSight(place);
  const [which, by] = [stat.value, axis.value];
  const curves = useMemo(() => curvesOf(series.value, metric[which], by), [metric, which, by]);
  const axisName = by === undefined ? 'round' : (series.value.axes[by] ?? '');
  return (
    <article class="card" ref={place}>
      <h3>{metric.name}</h3>
      {inSight && (
        <SettingPlot
          key={`${which} ${by}`}
          label={`${metric.name}, ${which}, by ${axisName}`}
          curves={curves}
        />
      )}
      <p class="hint">
        {which} by {axisName}
        {curves.curves.length > 1 &&
          curves.curves.map(({ label }, index) => (
            <span key={label} class="curve">
              <span class="swatch" style={{ background: colourOf(index) }} /> {label}
            </span>
          ))}
      </p>
    </article>
  );
}
