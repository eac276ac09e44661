import {
  isTime,
  type MaskText,
  type Metric,
  type MetricType,
  metricTypes,
  type ReadLine,
  type Source,
} from './sample.ts';

const known: ReadonlySet<string> = new Set(metricTypes);

const unread: ReadLine = { metric: undefined, isWhole: false };

/**
 * Parses a line of `results.out` or `diagnostics.out`, `{"ts":…,"type":…,"name":…,"measures":{…}}`, where `name` may
 * have tags: `name,tag=value`.
 */
export function readSdkLine(line: string, source: Source, masked: MaskText = (text) => text): ReadLine {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return unread;
  }
  if (typeof read !== 'object' || read === null) return unread;
  const { ts, type, name: given, measures } = read as Readonly<Record<string, unknown>>;
  if (typeof given !== 'string' || typeof measures !== 'object' || measures === null) return unread;
  if (typeof ts !== 'number' || !Number.isFinite(ts)) return unread;
  const ns = exactTime(line, ts);
  if (!isTime(ns)) return unread;
  const all = Object.entries(measures);
  const numbers = all.filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  const name = masked(given);
  const [base = '', ...tags] = name.split(',');
  const metric: Metric = {
    ns,
    source,
    type: typeof type === 'string' && known.has(type) ? (type as MetricType) : 'pushed',
    name: base,
    // Sorted, because their order has no meaning.
    tags: tags.sort().join(','),
    measures: Object.fromEntries(numbers),
  };
  const isWhole = numbers.length === all.length;
  return { metric: numbers.length === 0 ? undefined : metric, isWhole, ...(isWhole ? {} : { name }) };
}

/** JSON numbers cannot represent nanoseconds since the epoch exactly. */
function exactTime(line: string, ts: number): bigint {
  const [, digits] = /"ts":\s*(\d+)\s*[,}]/.exec(line) ?? [];
  return digits === undefined ? BigInt(Math.round(ts)) : BigInt(digits);
}
