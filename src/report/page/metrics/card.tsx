import { useMemo, useRef, useState } from 'preact/hooks';
import type { Metric } from '../../data.ts';
import { duration } from '../format.ts';
import { useInSight } from '../hooks/in-sight.ts';
import { report, shown } from '../state.ts';
import { step } from '../view/address.ts';
import { drawingOf, hasPoints, type Quantile, quantileStyle, quantiles } from './drawing.ts';
import { Numbers } from './numbers.tsx';
import { Plot } from './plot.tsx';
import { Stroke } from './stroke.tsx';
import { valueText } from './value-text.ts';
import type { ChosenView } from './view-text.ts';
import { changeView, viewOf } from './views.ts';

/** One metric: its plot, how to draw it, and its numbers, all together and by group and tags. */
export function MetricCard({ metric }: { readonly metric: Metric }) {
  const place = useRef<HTMLElement>(null);
  const inSight = useInSight(place);
  const [column, setColumn] = useState<number | undefined>();
  const asked = viewOf(metric);
  const view = { ...asked, isSplit: asked.isSplit && metric.series.length > 1 };
  const drawing = useMemo(() => drawingOf(metric, view), [metric, view.shape, view.isSplit, view.quantile]);
  const { columns, series, what, x, names } = drawing;
  const canLog = columns.slice(1).every((values) => values.every((value) => value === null || value > 0));
  const isLog = asked.isLog && canLog;
  const at = column === undefined || view.shape !== 'time' ? undefined : columns[0]?.[column];
  const pointed = column === undefined ? undefined : columns.slice(1).map((values) => values[column] ?? null);
  const text = (value: number) => valueText(value, metric.unit);
  return (
    <article ref={place} class="card">
      <h3>
        {metric.name} <small>{aboutText(metric)}</small>
      </h3>
      <Controls metric={metric} view={{ ...view, isLog }} canLog={canLog} />
      {inSight ? (
        <Plot
          key={`${view.shape} ${view.isSplit} ${series.length} ${isLog} ${what}`}
          label={`${metric.name} ${view.shape === 'time' ? 'over time' : 'by the share of values'}`}
          series={series}
          columns={columns}
          span={shown.value}
          height={200}
          {...(x === undefined ? {} : { x })}
          y={{ isLog, format: text, lines: metric.thresholds }}
          onPoint={setColumn}
        />
      ) : (
        <div class="plot" style={{ height: '200px' }} />
      )}
      {names.length > 0 && (
        <ul class="legend">
          {names.map((name, line) => (
            <li key={name}>
              <Stroke style={quantileStyle(name)} /> {name}
              {pointed?.[line] == null ? '' : `: ${text(pointed[line])}`}
            </li>
          ))}
        </ul>
      )}
      <Numbers
        metric={metric}
        isSplit={view.isSplit}
        isNamed={names.length > 0}
        pointed={names.length > 0 ? undefined : pointed}
      />
      <p class="hint">
        {what}
        {at == null ? '' : `; the pointer is at ${duration(at)}`}
      </p>
    </article>
  );
}

function aboutText({ type, source, unit, group }: Metric): string {
  const { groups } = report.value;
  return [
    type,
    ...(source === 'results' ? [] : [source]),
    ...(unit === null ? [] : [`in ${unit}`]),
    ...(groups.length > 1 && group !== null ? [groups[group]?.id ?? '?'] : []),
  ].join(', ');
}

/** How a metric is drawn. */
function Controls({
  metric,
  view,
  canLog,
}: {
  readonly metric: Metric;
  readonly view: ChosenView;
  /** Whether all values are above zero. */
  readonly canLog: boolean;
}) {
  const onView = (change: Partial<ChosenView>) => step(() => changeView(metric, change));
  const hasQuantiles =
    view.shape === 'time' && view.isSplit && metric.type !== 'counter' && !hasPoints(metric, true);
  return (
    <div class="tools">
      <select
        aria-label={`how to draw ${metric.name}`}
        value={view.shape}
        onChange={({ currentTarget }) =>
          onView({ shape: currentTarget.value === 'time' ? 'time' : 'distribution' })
        }
      >
        <option value="time">over time</option>
        <option value="distribution">distribution</option>
      </select>
      {metric.series.length > 1 && (
        <label>
          <input
            type="checkbox"
            checked={view.isSplit}
            onChange={({ currentTarget }) => onView({ isSplit: currentTarget.checked })}
          />{' '}
          split
        </label>
      )}
      {hasQuantiles && (
        <select
          aria-label={`the quantile of ${metric.name}`}
          value={view.quantile}
          onChange={({ currentTarget }) => onView({ quantile: currentTarget.value as Quantile })}
        >
          {quantiles.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
      <label title={canLog ? '' : 'some values are not above zero'}>
        <input
          type="checkbox"
          checked={view.isLog}
          disabled={!canLog}
          onChange={({ currentTarget }) => onView({ isLog: currentTarget.checked })}
        />{' '}
        log
      </label>
    </div>
  );
}
