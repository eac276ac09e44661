import { quantileNames } from '../stats.ts';
import { splitTags } from '../tags.ts';
import type { RowWithUnit } from '../unit.ts';
import type { ExportedRun } from './influx.ts';

const quantileOf = { p50: '0.5', p95: '0.95', p99: '0.99' } as const;

/**
 * Rows in Prometheus's text format (prometheus.io, "Exposition formats"): counters as counters, meters as a counter and
 * the mean rate of an instance, everything else as summaries, with the minimum and maximum beside them.
 */
export function toPrometheus(rows: readonly RowWithUnit[], run: ExportedRun): string {
  const families = new Map<string, Family>();
  const add = (name: string, type: string, unit: string | null, lines: readonly string[]) => {
    const family = families.get(name) ?? { type, units: new Set(), lines: [] };
    families.set(name, family);
    family.units.add(unit);
    family.lines.push(...lines);
  };
  for (const row of rows) {
    const name = nameOf(row);
    const labels = labelsOf(row, run);
    const line = (of: string, value: number, more: readonly string[] = []) =>
      `${of}{${[...labels, ...more].join(',')}} ${wordOf(value)}`;
    if (row.type === 'counter' || row.type === 'meter')
      add(`${name}_total`, 'counter', row.type === 'counter' ? row.unit : null, [
        line(`${name}_total`, row.count),
      ]);
    if (row.type === 'counter') continue;
    if (row.type === 'meter') {
      add(`${name}_rate`, 'gauge', row.unit, [line(`${name}_rate`, row.mean)]);
      continue;
    }
    const quantiles = quantileNames.map((each) => line(name, row[each], [`quantile="${quantileOf[each]}"`]));
    add(name, 'summary', row.unit, [
      ...quantiles,
      line(`${name}_sum`, row.mean * row.count),
      line(`${name}_count`, row.count),
    ]);
    for (const bound of ['min', 'max'] as const)
      add(`${name}_${bound}`, 'gauge', row.unit, [line(`${name}_${bound}`, row[bound])]);
  }
  return [...families]
    .flatMap(([name, { type, units, lines }]) => [...helpOf(name, units), `# TYPE ${name} ${type}`, ...lines])
    .map((line) => `${line}\n`)
    .join('');
}

interface Family {
  readonly type: string;
  readonly units: Set<string | null>;
  readonly lines: string[];
}

/** Names the unit, if all lines of a family have the same. */
function helpOf(name: string, units: ReadonlySet<string | null>): string[] {
  const [unit = null, ...others] = units;
  if (unit === null || others.length > 0) return [];
  return [`# HELP ${name} in ${unit.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`];
}

/** Includes the type, so that a metric named like another's `_max` does not clash with it. */
function nameOf({ source, metric, type }: RowWithUnit): string {
  return `testground_${source}_${metric}_${type}`.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}

/** `metric` is the original name: different names may become equal after conversion. */
function labelsOf({ metric, group, tags }: RowWithUnit, { runId, plan, testCase }: ExportedRun): string[] {
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
