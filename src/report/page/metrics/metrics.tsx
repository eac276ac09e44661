import { signal } from '@preact/signals';
import { Finder, isWanted } from '../log/finder.tsx';
import { report } from '../state.ts';
import { MetricCard } from './card.tsx';

const wanted = signal('');

/** All metrics, each plotted over time with its values by group. */
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
          <MetricCard key={name} metrics={its} />
        ))}
      </div>
    </section>
  );
}
