import { type Metric, type MetricType, metricTypes, type Source } from './sample.ts';

const known: ReadonlySet<string> = new Set(metricTypes);

/**
 * Reads a line of `results.out` or `diagnostics.out`, `{"ts":…,"type":…,"name":…,"measures":{…}}`, where `name` may have tags:
 * `name,tag=value`.
 * @returns undefined for one that is no metric: cut off, for instance.
 */
export function readSdkLine(line: string, source: Source): Metric | undefined {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  const { ts, type, name, measures } = read as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || typeof measures !== 'object' || measures === null) return undefined;
  if (typeof ts !== 'number' || !Number.isFinite(ts)) return undefined;
  const [base = '', ...tags] = name.split(',');
  return {
    ns: exactTime(line, ts),
    source,
    type: typeof type === 'string' && known.has(type) ? (type as MetricType) : 'pushed',
    name: base,
    tags: tags.join(','),
    measures: numbersOf(measures),
  };
}

/** JSON's numbers hold no nanoseconds since the epoch. */
function exactTime(line: string, ts: number): bigint {
  const [, digits] = /"ts":\s*(\d+)\s*[,}]/.exec(line) ?? [];
  return digits === undefined ? BigInt(Math.round(ts)) : BigInt(digits);
}

function numbersOf(measures: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(measures).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}
