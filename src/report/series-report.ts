import type { RunRecord } from '../history/record.ts';
import type { SeriesRecord } from '../history/series.ts';
import { proportionOf } from '../metrics/proportion.ts';
import type { SeriesEntry } from '../run/series/series-record.ts';
import { groupBy } from '../util/group-by.ts';
import { runOutcomes, type SeriesPoint, type SeriesReport, type SeriesValues } from './series-data.ts';

/** The maximum number of values of metrics in a page, so that it stays below 2 MB. */
const maxValues = 150_000;
/** The number of statistics of each metric: p50 and p95. */
const statistics = 2;

/**
 * Builds the index page of a series from its record.
 * @param kept the runs of the series whose outputs are there.
 * @param hasPages whether the pages of those runs are written next to this one.
 */
export function seriesReport(
  series: SeriesRecord,
  kept: readonly RunRecord[],
  hasPages: boolean,
): SeriesReport {
  const { entries } = series;
  const axes = series.axes.map(({ name }) => name);
  const reasons = [...new Set(entries.flatMap(({ reason }) => reason || []))];
  const causes = [...new Set(entries.flatMap(({ cause }) => cause || []))];
  const keptIds = new Set(kept.map(({ runId }) => runId));
  const byName = groupBy(entries, ({ name }) => name);
  const names = [...byName.keys()];
  const [metrics, dropped] = metricsOf(entries);
  return {
    kind: 'series',
    about: {
      ...{ id: series.id, plan: series.plan, testCase: series.case, labels: series.labels },
      ...{ began: Date.parse(series.at), rounds: series.rounds, state: stateOf(series, kept) },
      tookMs: Date.parse(series.ended?.at ?? entries.at(-1)?.at ?? series.at) - Date.parse(series.at),
      planned: series.rounds === null ? null : series.rounds * series.runs,
    },
    axes,
    points: names.map((name) => pointOf(name, byName.get(name) ?? [], axes)),
    runs: {
      point: entries.map(({ name }) => names.indexOf(name)),
      round: entries.map(({ round }) => round),
      outcome: entries.map(({ outcome }) => runOutcomes.indexOf(outcome)),
      id: entries.map(({ run_id }) => run_id),
      seed: entries.map(({ seed }) => seed),
      tookMs: entries.map(({ took_ms }) => took_ms),
      reason: entries.map(({ reason }) => reasons.indexOf(reason)),
      cause: entries.map(({ cause }) => causes.indexOf(cause)),
      isKept: entries.map(({ run_id }) => run_id !== null && keptIds.has(run_id)),
    },
    reasons,
    causes,
    hasPages,
    metrics,
    gaps:
      dropped === 0
        ? []
        : [`${dropped} metrics are left out, so that the page stays small: tg compare has all of them`],
  };
}

function stateOf({ ended }: SeriesRecord, kept: readonly RunRecord[]): SeriesReport['about']['state'] {
  if (ended !== undefined) return ended.cut_short ? 'cut short' : 'complete';
  return kept.some(({ state }) => state === 'processing') ? 'running' : 'interrupted';
}

function pointOf(name: string, entries: readonly SeriesEntry[], axes: readonly string[]): SeriesPoint {
  const [first] = entries;
  const judged = entries.filter((entry) => entry.judged);
  const failed = judged.filter(({ outcome }) => outcome !== 'success').length;
  const share = judged.length === 0 ? undefined : proportionOf(failed, judged.length);
  return {
    name,
    of: first?.of ?? name,
    values: axes.map((axis) => first?.point[axis] ?? ''),
    ...{ failed, judged: judged.length, low: share?.low ?? 0, high: share?.high ?? 1 },
  };
}

/** The metrics in the order in which runs have them, and how many are left out. */
function metricsOf(entries: readonly SeriesEntry[]): [readonly SeriesValues[], number] {
  const names = [...new Set(entries.flatMap(({ metrics }) => metrics.map(({ name }) => name)))];
  const room = Math.max(1, Math.floor(maxValues / (statistics * Math.max(1, entries.length))));
  const byRun = entries.map(({ metrics }) => new Map(metrics.map((metric) => [metric.name, metric])));
  const shown = names.slice(0, room).map((name) => ({
    name,
    p50: byRun.map((metrics) => rounded(metrics.get(name)?.p50)),
    p95: byRun.map((metrics) => rounded(metrics.get(name)?.p95)),
  }));
  return [shown, names.length - shown.length];
}

/** Five significant digits are more than a plot shows. */
function rounded(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(5));
}
