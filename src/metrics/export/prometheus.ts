import { quantileNames } from '../stats.ts';
import type { SummaryRow } from '../summary.ts';
import { splitTags } from '../tags.ts';
import type { ExportedRun } from './influx.ts';

const quantileOf = { p50: '0.5', p95: '0.95', p99: '0.99' } as const;

/**
 * Rows in Prometheus's text format (prometheus.io, "Exposition formats"): counters as counters, meters as a counter and
 * the mean rate of an instance, everything else as summaries, with the minimum and maximum beside them.
 */
export function toPrometheus(rows: readonly SummaryRow[], run: ExportedRun): string {
  const families = new Map<string, string[]>();
  const add = (name: string, type: string, lines: readonly string[]) => {
    const family = families.get(name);
    if (family === undefined) families.set(name, [`# TYPE ${name} ${type}`, ...lines]);
    else family.push(...lines);
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

/** Includes the type, so that a metric named like another's `_max` does not clash with it. */
function nameOf({ source, metric, type }: SummaryRow): string {
  return `testground_${source}_${metric}_${type}`.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}

/** `metric` is the original name: different names may become equal after conversion. */
function labelsOf({ metric, group, tags }: SummaryRow, { runId, plan, testCase }: ExportedRun): string[] {
  const own = { run: runId, plan, case: testCase, group_id: group, metric };
  const tagged = splitTags(tags).map(([tag, value]) => {
    const name = tag.replaceAll(/[^a-zA-Z0-9_]/g, '_');
    const isTaken = name in own || name === 'quantile' || !/^(?!__)[a-zA-Z_]/.test(name);
    return [isTaken ? `tag_${name}` : name, value] as const;
  });
  const labels = Object.entries({ ...Object.fromEntries(tagged), ...own });
  return labels.map(([name, value]) => `${name}="${escaped(value)}"`);
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function wordOf(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}
