import type { SummaryRow } from './summary.ts';
import { splitTags } from './tags.ts';

/** The units of metrics that the manifest of a plan declares, by the name of the metric. */
export type DeclaredUnits = Readonly<Record<string, string>>;

/** A row with the unit of its values, but not of its count; null if it is not declared. */
export interface RowWithUnit extends SummaryRow {
  readonly unit: string | null;
}

/** Adds units to rows. */
export function withUnits(rows: readonly SummaryRow[], declared: DeclaredUnits): readonly RowWithUnit[] {
  return rows.map((row) => ({ ...row, unit: unitOf(row, declared) }));
}

/** The units that a name may end with, after a space or one of `_.-`. No shorter ones: `_s` is often a plural. */
const inNames: Readonly<Record<string, string>> = {
  ...{
    ns: 'ns',
    nanos: 'ns',
    nanoseconds: 'ns',
    us: 'µs',
    µs: 'µs',
    μs: 'µs',
    micros: 'µs',
    microseconds: 'µs',
  },
  ...{ ms: 'ms', millis: 'ms', milliseconds: 'ms', sec: 's', secs: 's', seconds: 's' },
  ...{ bytes: 'bytes', kb: 'kB', mb: 'MB', kib: 'KiB', mib: 'MiB', percent: '%' },
};

/**
 * The unit of the values of a metric, as far as something declares it: the manifest, a tag `unit`, its type, or the end
 * of its name. Timers of all SDKs are in ns; meters and moving averages are rates; networks count packets.
 * @returns null if nothing declares it.
 */
export function unitOf(
  { metric, tags, type, source }: Pick<SummaryRow, 'metric' | 'tags' | 'type' | 'source'>,
  declared: DeclaredUnits,
): string | null {
  if (Object.hasOwn(declared, metric)) return declared[metric] ?? null;
  const tagged = splitTags(tags).find(([name]) => name === 'unit')?.[1];
  if (tagged !== undefined) return tagged;
  if (type === 'timer') return 'ns';
  const named = unitInName(metric) ?? (source === 'network' ? 'packets' : null);
  return type === 'meter' || type === 'ewma' ? `${named ?? ''}/s` : named;
}

/** `ms` of `latency_ms`, and `hops` of `distance (hops)`. */
function unitInName(name: string): string | null {
  const inBrackets = /\(([^()]{1,24})\)$/.exec(name)?.[1];
  if (inBrackets !== undefined) return inBrackets;
  const last = /[\s_.-](\p{L}+)$/u.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(inNames, last) ? (inNames[last] ?? null) : null;
}
