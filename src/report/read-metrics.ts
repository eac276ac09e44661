import { type Curve, Curves, isSummary } from '../metrics/curves.ts';
import { type MeasuredRun, samplesOf } from '../metrics/samples.ts';
import { fullName, type SeriesName, Summary, type SummaryRow, seriesKey } from '../metrics/summary.ts';
import { type DeclaredUnits, unitOf } from '../metrics/unit.ts';
import type { Threshold } from '../plan/threshold.ts';
import { groupBy } from '../util/group-by.ts';
import { truncate } from '../util/truncate.ts';
import type { LabelledSeries, Metric, Series } from './data.ts';
import { thresholdsOf } from './metric-thresholds.ts';

/** The number of intervals that the time of a run is divided into. */
const pieces = 150;
/** The maximum number of metrics drawn, of series of one metric, and of series of all metrics. */
const limits = { metrics: 300, ofMetric: 50, series: 600 } as const;
/** The maximum number of values drawn as points, of all series. */
const maxPoints = 60_000;
/** The maximum number of characters shown of a name. */
const maxName = 200;
/** The shares at which a distribution is drawn: as far as the number of values tells them apart. */
const shares = [
  ...[0, 0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975],
  ...[0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999],
];

/** A run, its plan's units, and its thresholds. */
interface Measured extends MeasuredRun {
  readonly metricUnits: DeclaredUnits;
}

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
  run: Measured,
  { groups, thresholds }: { readonly groups: readonly string[]; readonly thresholds: readonly Threshold[] },
  { began, ended }: Span,
  { onGap, signal }: { readonly onGap: (text: string) => void; readonly signal: AbortSignal | undefined },
): Promise<readonly Metric[]> {
  const together = () => ({ tags: '', group: '' });
  const span = { from: began, to: ended, pieces };
  const split = new Drawn(began, new Summary(), new Curves(span));
  const all = new Drawn(began, new Summary(together), new Curves(span, together));
  for await (const some of samplesOf(run, onGap, signal)) {
    for (const sample of some) {
      // What the network did has a section of its own.
      if (sample.source === 'network') continue;
      split.add(sample);
      all.add(sample);
    }
  }
  const metrics = all.rows();
  if (metrics.length > limits.metrics)
    onGap(`only ${limits.metrics} of ${metrics.length} metrics are shown; tg metrics lists them all`);
  const rowsOf = groupBy(split.rows(), keyOf);
  const places = new Map(groups.map((group, place) => [group, place]));
  const placeOf = (group: string) => places.get(group) ?? -1;
  let left: number = limits.series;
  let isCut = false;
  const shown = metrics.slice(0, limits.metrics).map((row): Metric => {
    const rows = rowsOf.get(keyOf(row)) ?? [];
    const several = rows.length > 1 ? rows.slice(0, Math.min(limits.ofMetric, left)) : [];
    left -= several.length;
    isCut ||= rows.length > 1 && several.length < rows.length;
    const [only = row, ...others] = rows;
    const units = new Set(rows.map((each) => unitOf(each, run.metricUnits)));
    const owners = new Set(rows.map(({ group }) => group));
    return {
      name: truncate(others.length === 0 ? fullName(only) : row.metric, maxName),
      group: owners.size === 1 ? placeOf(only.group) : null,
      type: row.type,
      source: row.source,
      unit: units.size === 1 ? unitOf(only, run.metricUnits) : null,
      thresholds: thresholdsOf(row, thresholds),
      all: all.seriesOf(row),
      series: several.map(
        (each): LabelledSeries => ({
          group: placeOf(each.group),
          tags: truncate(each.tags, maxName),
          ...split.seriesOf(each),
        }),
      ),
    };
  });
  if (isCut) onGap('some metrics have too many tags and groups: not all are drawn apart');
  return shown;
}

/** Series with their statistics, their distribution and what is drawn of them. */
class Drawn {
  readonly #began: number;
  readonly #summary: Summary;
  readonly #curves: Curves;
  #byKey: ReadonlyMap<string, Curve> | undefined;
  #pointsLeft = maxPoints;

  constructor(began: number, summary: Summary, curves: Curves) {
    this.#began = began;
    this.#summary = summary;
    this.#curves = curves;
  }

  add(sample: Parameters<Summary['add']>[0]): void {
    this.#summary.add(sample);
    this.#curves.add(sample);
  }

  rows(): readonly SummaryRow[] {
    return this.#summary.rows();
  }

  seriesOf(row: SummaryRow): Series {
    const { count, mean, min, p50, p95, p99, max, least } = row;
    this.#byKey ??= new Map(this.#curves.curves().map((curve) => [seriesKey(curve), curve]));
    const its = this.#byKey.get(seriesKey(row));
    const since = (at: readonly number[]) => at.map((each) => Math.round((each - this.#began) * 1e3) / 1e3);
    const points = (its?.points?.at.length ?? 0) <= this.#pointsLeft ? (its?.points ?? null) : null;
    this.#pointsLeft -= points?.at.length ?? 0;
    return {
      stats: { count, mean, min, p50, p95, p99, max, atMost: least !== null },
      curve: { at: since(its?.at ?? []), p50: its?.p50 ?? [], p95: its?.p95 ?? [], p99: its?.p99 ?? [] },
      points: points && { at: since(points.at), value: points.value },
      distribution: this.#distributionOf(row),
    };
  }

  #distributionOf(row: SummaryRow): Series['distribution'] {
    const { type, count, min, p50, p95, p99 } = row;
    // Of summaries, more is not known.
    if (isSummary(type)) return { share: [0, 0.5, 0.95, 0.99], value: [min, p50, p95, p99] };
    const known = shares.filter((share) => share <= 1 - 1 / Math.max(1, count));
    return { share: known, value: this.#summary.quantilesOf(row, known) ?? [] };
  }
}

function keyOf({ source, type, metric }: SeriesName): string {
  return seriesKey({ source, type, metric, tags: '', group: '' });
}
