/** Where a metric was found: what an SDK calls results (`R()`) or diagnostics (`D()`), or what was written to an InfluxDB. */
export const sources = ['results', 'pushed', 'diagnostics'] as const;
export type Source = (typeof sources)[number];

/** The types of the Go SDK (runtime/metrics_types.go), and `pushed` for a field of a point that says none. */
export const metricTypes = [
  'point',
  'counter',
  'ewma',
  'gauge',
  'histogram',
  'meter',
  'timer',
  'pushed',
] as const;
export type MetricType = (typeof metricTypes)[number];

/** A plan and its case as the Go SDK names them in what it pushes (runtime/metrics.go, writeToInfluxDBSink). */
export function pushedAs(plan: string, testCase: string): string {
  return `${plan}-${testCase}`;
}

/** What an instance said of a metric at one moment: all that its type measures. */
export interface Metric {
  /** Since the epoch. */
  readonly ns: bigint;
  readonly source: Source;
  readonly type: MetricType;
  /** Without tags. */
  readonly name: string;
  /** As the SDKs write them behind the name: `tag=value,tag=value`; empty for none. */
  readonly tags: string;
  /** By the names of the Go SDK: `value`, `count`, `p95`, … */
  readonly measures: Readonly<Record<string, number>>;
}

/** What was read of a line. */
export interface ReadLine {
  /** Undefined for one that tells no number. */
  readonly metric: Metric | undefined;
  /** Whether that is all that it tells: a line that is cut off, or a value that is no number, is not. */
  readonly isWhole: boolean;
  /** The name of the metric, as far as it is known, where something of it is missing. */
  readonly name?: string;
}

/** Whether a time can be kept: 64 bits. */
export function isTime(ns: bigint): boolean {
  return BigInt.asIntN(64, ns) === ns;
}

/** A metric of one instance. */
export interface Sample extends Metric {
  readonly group: string;
  readonly instance: number;
}
