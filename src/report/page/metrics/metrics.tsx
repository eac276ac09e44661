import { Finder, isWanted } from '../log/finder.tsx';
import { report } from '../state.ts';
import { textInAddress } from '../view/text-field.ts';
import { MetricCard } from './card.tsx';
import { keyOf } from './views.ts';

const wanted = textInAddress('metrics');

/** All metrics, each with a plot and its numbers. */
export function Metrics() {
  const { metrics } = report.value;
  if (metrics.length === 0) return null;
  const found = metrics.filter(({ source, name }) => isWanted(`${source} ${name}`, wanted));
  return (
    <section id="metrics" aria-labelledby="metrics-title">
      <h2 id="metrics-title">Metrics</h2>
      {metrics.length > 4 && (
        <Finder what="a metric" wanted={wanted} found={found.length} all={metrics.length} />
      )}
      <div class="cards">
        {found.map((metric) => (
          <MetricCard key={keyOf(metric)} metric={metric} />
        ))}
      </div>
    </section>
  );
}
