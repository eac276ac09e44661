import { useRef, useState } from 'preact/hooks';
import type UPlot from 'uplot';
import type { Metric } from '../../data.ts';
import { duration, short } from '../format.ts';
import { useInSight } from '../hooks/in-sight.ts';
import { colourOf, dashOf } from '../palette.ts';
import { Scroll } from '../scroll.tsx';
import { report, shown } from '../state.ts';
import { type Columns, Plot } from './plot.tsx';

/** One metric: its curves and its values by group. */
export function MetricCard({ metrics }: { readonly metrics: readonly Metric[] }) {
  const place = useRef<HTMLElement>(null);
  const inSight = useInSight(place);
  const [column, setColumn] = useState<number | undefined>();
  const columns = columnsOf(metrics);
  const [first] = metrics;
  if (first === undefined) return null;
  const at = column === undefined ? undefined : (columns[0]?.[column] ?? undefined);
  return (
    <article ref={place} class="card">
      <h3>
        {first.name}{' '}
        <small>{first.source === 'results' ? first.type : `${first.type}, ${first.source}`}</small>
      </h3>
      {inSight ? (
        <Curves metrics={metrics} columns={columns} onPoint={setColumn} />
      ) : (
        <div class="plot" style={{ height: '200px' }} />
      )}
      <Numbers metrics={metrics} pointed={column === undefined ? undefined : pointedOf(columns, column)} />
      <p class="hint">
        {first.curve.what}
        {at === undefined ? '' : `; the pointer is at ${duration(at)}`}
      </p>
    </article>
  );
}

/** Three lines for each group: minimum, median and maximum. The first and the last are the edges of a band. */
function Curves({
  metrics,
  columns,
  onPoint,
}: {
  readonly metrics: readonly Metric[];
  readonly columns: Columns;
  readonly onPoint: (column: number | undefined) => void;
}) {
  const isFew = (columns[0]?.length ?? 0) < 40;
  const series = metrics.flatMap(({ group }): UPlot.Series[] => {
    const stroke = colourOf(group);
    const edge: UPlot.Series = { stroke: 'transparent', points: { show: false }, spanGaps: true };
    const points = { show: isFew, size: 5, fill: stroke };
    return [edge, { stroke, dash: dashOf(group), width: 2, points, spanGaps: true }, edge];
  });
  const bands = metrics.map(
    ({ group }, place): UPlot.Band => ({
      series: [place * 3 + 3, place * 3 + 1],
      fill: `${colourOf(group)}33`,
    }),
  );
  return (
    <Plot
      key={metrics.map(({ group }) => group).join()}
      label={`${metrics[0]?.name ?? ''} over time, by group`}
      series={series}
      bands={bands}
      columns={columns}
      span={shown.value}
      height={200}
      onPoint={onPoint}
    />
  );
}

function columnsOf(metrics: readonly Metric[]): Columns {
  const times = [...new Set(metrics.flatMap(({ curve }) => curve.at))].sort((a, b) => a - b);
  const columns = metrics.flatMap(({ curve }) => {
    const place = new Map(curve.at.map((time, index) => [time, index]));
    return [curve.low, curve.mid, curve.high].map((values) =>
      times.map((time) => values[place.get(time) ?? -1] ?? null),
    );
  });
  return [times, ...columns];
}

/** The values of each group at the pointer: minimum, median and maximum. */
function pointedOf(columns: Columns, column: number): readonly string[] {
  const values = columns.slice(1).map((each) => each[column] ?? null);
  return Array.from({ length: values.length / 3 }, (_, group) => {
    const [low = null, mid = null, high = null] = values.slice(group * 3, group * 3 + 3);
    if (low === null || mid === null || high === null) return '–';
    return low === high ? short(mid) : `${short(low)} – ${short(mid)} – ${short(high)}`;
  });
}

const names = ['count', 'mean', 'p50', 'p95', 'p99', 'max'] as const;

function Numbers({
  metrics,
  pointed,
}: {
  readonly metrics: readonly Metric[];
  readonly pointed: readonly string[] | undefined;
}) {
  const { groups } = report.value;
  const isSeveral = groups.length > 1;
  return (
    <Scroll label="values by group">
      <table>
        <thead>
          <tr>
            {isSeveral && <th scope="col">group</th>}
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col" class="pointed">
              at the pointer
            </th>
          </tr>
        </thead>
        <tbody>
          {metrics.map(({ group, stats }, place) => (
            <tr key={group}>
              {isSeveral && <GroupName group={group} />}
              {names.map((name) => (
                <td key={name}>
                  {stats.atMost && /^p\d/.test(name) ? '≤ ' : ''}
                  {short(stats[name])}
                </td>
              ))}
              <td class="pointed">{pointed?.[place] ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** The name of a group with its line style in plots. */
function GroupName({ group }: { readonly group: number }) {
  const name = report.value.groups[group]?.id ?? '?';
  return (
    <th scope="row" class="name" title={name}>
      <svg width="26" height="8" aria-hidden="true">
        <line
          x1="0"
          y1="4"
          x2="26"
          y2="4"
          stroke={colourOf(group)}
          stroke-width="3"
          stroke-dasharray={dashOf(group).join()}
        />
      </svg>{' '}
      {name}
    </th>
  );
}
