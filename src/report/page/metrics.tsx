import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type UPlot from 'uplot';
import type { Metric } from '../data.ts';
import { Finder, isWanted } from './finder.tsx';
import { colourOf } from './looks.ts';
import { type Columns, Plot } from './plot.tsx';
import { report, shown } from './state.ts';
import { short } from './words.ts';

const wanted = signal('');

/** What was measured: each metric drawn over time, with its numbers by group. */
export function Metrics() {
  const { metrics } = report.value;
  if (metrics.length === 0) return null;
  const byName = Map.groupBy(metrics, ({ name, source }) => `${source} ${name}`);
  const found = [...byName].filter(([name]) => isWanted(name, wanted));
  return (
    <section id="metrics" aria-labelledby="metrics-title">
      <h2 id="metrics-title">Metrics</h2>
      {byName.size > 4 && <Finder what="a metric" wanted={wanted} found={found.length} all={byName.size} />}
      <div class="cards">
        {found.map(([name, its]) => (
          <Card key={name} metrics={its} />
        ))}
      </div>
    </section>
  );
}

function Card({ metrics }: { readonly metrics: readonly Metric[] }) {
  const place = useRef<HTMLElement>(null);
  const inSight = useInSight(place);
  const [first] = metrics;
  if (first === undefined) return null;
  return (
    <article ref={place} class="card">
      <h3>
        {first.name}{' '}
        <small>{first.source === 'results' ? first.type : `${first.type}, ${first.source}`}</small>
      </h3>
      {inSight ? <Curves metrics={metrics} /> : <div class="plot" style={{ height: '220px' }} />}
      <Numbers metrics={metrics} />
      <p class="hint">{first.curve.what}</p>
    </article>
  );
}

/** Three lines a group: the least, the median, the most; the first and the last are the edges of a band. */
function Curves({ metrics }: { readonly metrics: readonly Metric[] }) {
  const { groups } = report.value;
  const columns = columnsOf(metrics);
  const isFew = (columns[0]?.length ?? 0) < 40;
  const series = metrics.flatMap(({ group }): UPlot.Series[] => {
    const stroke = colourOf(group);
    const edge: UPlot.Series = { stroke: 'transparent', points: { show: false }, spanGaps: true };
    const label = groups[group]?.id ?? '?';
    const value = (_: unknown, its: number | null) => (its === null ? '–' : short(its));
    return [
      { ...edge, label: `${label} least`, value },
      { label, stroke, width: 2, points: { show: isFew, size: 5, fill: stroke }, spanGaps: true, value },
      { ...edge, label: `${label} most`, value },
    ];
  });
  const bands = metrics.map(
    ({ group }, place): UPlot.Band => ({
      series: [place * 3 + 3, place * 3 + 1],
      fill: `${colourOf(group)}33`,
    }),
  );
  const label = `${metrics[0]?.name ?? ''} over time, by group`;
  return (
    <Plot label={label} series={series} bands={bands} columns={columns} span={shown.value} height={220} />
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

function Numbers({ metrics }: { readonly metrics: readonly Metric[] }) {
  const { groups } = report.value;
  const names = ['count', 'mean', 'p50', 'p95', 'p99', 'max'] as const;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            {groups.length > 1 && <th scope="col">group</th>}
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {metrics.map(({ group, stats }) => (
            <tr key={group}>
              {groups.length > 1 && (
                <th scope="row">
                  <span class="swatch" style={{ background: colourOf(group) }} /> {groups[group]?.id}
                </th>
              )}
              {names.map((name) => (
                <td key={name}>
                  {stats.atMost && /^p\d/.test(name) ? '≤ ' : ''}
                  {short(stats[name])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Hundreds of plots are not drawn before somebody looks. */
function useInSight(place: { readonly current: Element | null }): boolean {
  const [inSight, setInSight] = useState(false);
  useEffect(() => {
    if (place.current === null || inSight) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setInSight(true);
      },
      { rootMargin: '300px' },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [place, inSight]);
  return inSight;
}
