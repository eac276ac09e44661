import { truncate } from '../util/truncate.ts';
import { readPoint } from './point.ts';
import { PointLines } from './point-lines.ts';

/** Nanoseconds per timestamp unit, by InfluxDB 1.x's names for precisions. */
const nanoseconds: Readonly<Record<string, bigint>> = {
  n: 1n,
  ns: 1n,
  u: 1_000n,
  µ: 1_000n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

export function isPrecision(name: string): boolean {
  return Object.hasOwn(nanoseconds, name);
}

/** The result of parsing a body of points. */
export interface Points {
  /** One point each, with its timestamp in nanoseconds. */
  readonly lines: readonly string[];
  /** Parse errors, in InfluxDB's words. */
  readonly problems: readonly string[];
}

/**
 * Parses a body in InfluxDB's line protocol, `measurement,tag=v field=v timestamp` per line; a newline inside a quoted
 * value belongs to the value (docs.influxdata.com, "InfluxDB line protocol reference", 1.8).
 * @param precision of its timestamps: n, u, ms, s, m or h.
 * @param now in ns since the epoch, for points without a timestamp.
 */
export function readPoints(body: string, precision: string, now: bigint): Points {
  const lines: string[] = [];
  const problems: string[] = [];
  for (const line of splitPoints(body)) {
    const point = withNanoseconds(line, nanoseconds[precision] ?? 1n, now);
    if (point === undefined) problems.push(`unable to parse '${truncate(line, 200)}'`);
    else lines.push(point);
  }
  return { lines, problems };
}

/** Splits a body into points and other lines. */
function splitPoints(body: string): string[] {
  const points = new PointLines(Number.POSITIVE_INFINITY);
  return [...points.add(body.split('\n')), ...points.rest()]
    .map((point) => point.trim())
    .filter((point) => point !== '' && !point.startsWith('#'));
}

function withNanoseconds(line: string, factor: bigint, now: bigint): string | undefined {
  const point = readPoint(line);
  if (point === undefined) return undefined;
  const { timestamp, end } = point;
  return `${line.slice(0, end)} ${timestamp === undefined ? now : timestamp * factor}`;
}
