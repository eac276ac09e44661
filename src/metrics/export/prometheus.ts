import { quantileNames } from '../stats.ts';
import type { SummaryRow } from '../summary.ts';
import type { ExportedRun } from './influx.ts';

const quantileOf = { p50: '0.5', p95: '0.95', p99: '0.99' } as const;

/**
 * Rows as Prometheus reads them (prometheus.io, "Exposition formats", text): counters as counters, meters as a counter and the
 * mean rate of an instance, all else as summaries, with the least and the most beside them.
 */
export function toPrometheus(rows: readonly SummaryRow[], run: ExportedRun): string {
  const families = new Map<string, string[]>();
  const add = (name: string, type: string, lines: readonly string[]) => {
    const family = families.get(name) ?? [`# TYPE ${name} ${type}`];
    families.set(name, [...family, ...lines]);
  };
  for (const row of rows) {
    const name = nameOf(row);
    const labels = labelsOf(row, run);
    const line = (of: string, value: number, more: readonly string[] = []) =>
      `${of}{${[...labels, ...more].join(',')}} ${wordOf(value)}`;
    if (row.type === 'counter' || row.type === 'meter')
      add(`${name}_total`, 'counter', [line(`${name}_total`, row.count)]);
    if (row.type === 'counter') continue;
    if (row.type === 'meter') {
      add(`${name}_rate`, 'gauge', [line(`${name}_rate`, row.mean)]);
      continue;
    }
    const quantiles = quantileNames.map((each) => line(name, row[each], [`quantile="${quantileOf[each]}"`]));
    add(name, 'summary', [
      ...quantiles,
      line(`${name}_sum`, row.mean * row.count),
      line(`${name}_count`, row.count),
    ]);
    for (const bound of ['min', 'max'] as const)
      add(`${name}_${bound}`, 'gauge', [line(`${name}_${bound}`, row[bound])]);
  }
  return [...families.values()]
    .flat()
    .map((line) => `${line}\n`)
    .join('');
}

function nameOf({ source, metric }: SummaryRow): string {
  return `testground_${source}_${metric}`.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}

function labelsOf({ group, tags }: SummaryRow, { runId, plan, testCase }: ExportedRun): string[] {
  const tagged = tags.split(',').flatMap((tag) => {
    const at = tag.indexOf('=');
    return at <= 0 ? [] : [[tag.slice(0, at), tag.slice(at + 1)] as const];
  });
  // A tag that is called as one of ours would be there twice.
  const labels = Object.entries({
    ...Object.fromEntries(tagged),
    ...{ run: runId, plan, case: testCase, group_id: group },
  });
  return labels.map(([name, value]) => `${name.replaceAll(/[^a-zA-Z0-9_]/g, '_')}="${escaped(value)}"`);
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function wordOf(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}
