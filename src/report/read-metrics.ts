import { Curves } from '../metrics/curves.ts';
import { type MeasuredRun, samplesOf } from '../metrics/samples.ts';
import { fullName, Summary, seriesKey } from '../metrics/summary.ts';
import { truncate } from '../util/truncate.ts';
import type { Metric } from './data.ts';

/** The number of intervals that the time of a run is divided into. */
const pieces = 150;
/** The maximum number of metrics drawn. */
const maxMetrics = 300;
/** The maximum number of characters shown of a name. */
const maxName = 200;

/** The time span of a run, in ms since the epoch. */
interface Span {
  readonly began: number;
  readonly ended: number;
}

/**
 * Reads the metrics of the groups of a run. @param onGap is called with each gap in the data. @param signal aborts
 * it.
 */
export async function measuredIn(
  run: MeasuredRun,
  groups: readonly string[],
  { began, ended }: Span,
  { onGap, signal }: { readonly onGap: (text: string) => void; readonly signal: AbortSignal | undefined },
): Promise<readonly Metric[]> {
  const summary = new Summary();
  const curves = new Curves({ from: began, to: ended, pieces });
  for await (const some of samplesOf(run, onGap, signal)) {
    for (const sample of some) {
      summary.add(sample);
      curves.add(sample);
    }
  }
  if (curves.refused > 0)
    onGap(`at least ${curves.refused} metrics have no curve: there are too many metrics`);
  const curveOf = new Map(curves.curves().map((curve) => [seriesKey(curve), curve]));
  // Metrics are sorted by name within a group already; groups are in the order of the run.
  const places = new Map(groups.map((group, place) => [group, place]));
  const placeOf = ({ group }: { readonly group: string }) => places.get(group) ?? -1;
  const rows = summary.rows().toSorted((a, b) => placeOf(a) - placeOf(b));
  if (rows.length > maxMetrics)
    onGap(`only ${maxMetrics} of ${rows.length} metrics are shown; tg metrics lists them all`);
  return rows.slice(0, maxMetrics).map((row): Metric => {
    const { count, mean, min, p50, p95, p99, max, least } = row;
    const { what = '', at = [], low = [], mid = [], high = [] } = curveOf.get(seriesKey(row)) ?? {};
    return {
      name: truncate(fullName(row), maxName),
      type: row.type,
      source: row.source,
      group: placeOf(row),
      stats: { count, mean, min, p50, p95, p99, max, atMost: least !== null },
      curve: { what, at: at.map((each) => each - began), low, mid, high },
    };
  });
}
