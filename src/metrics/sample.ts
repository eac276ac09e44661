/**
 * The source of a metric: results (`R()`) or diagnostics (`D()`) of an SDK, points written to an InfluxDB, or what the
 * network of the run did with an instance's packets.
 */
export const sources = ['results', 'pushed', 'diagnostics', 'network'] as const;
export type Source = (typeof sources)[number];

/** What a run is about, unless a person asks for more. */
export const mainSources: readonly Source[] = ['results', 'pushed'];

/** The metric types of the Go SDK (runtime/metrics_types.go), and `pushed` for a field of a point without a type. */
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

/** Plan and case as the Go SDK names them in pushed points (runtime/metrics.go, writeToInfluxDBSink). */
export function pushedAs(plan: string, testCase: string): string {
  return `${plan}-${testCase}`;
}

/** An instance's report of a metric at one moment, with all measures of its type. */
export interface Metric {
  /** Since the epoch. */
  readonly ns: bigint;
  readonly source: Source;
  readonly type: MetricType;
  /** Without tags. */
  readonly name: string;
  /** In the form that SDKs append to the name: `tag=value,tag=value`; empty if there are none. */
  readonly tags: string;
  /** By the names of the Go SDK: `value`, `count`, `p95`, … */
  readonly measures: Readonly<Record<string, number>>;
}

/** The result of parsing a line. */
export interface ReadLine {
  /** Undefined if the line contains no number. */
  readonly metric: Metric | undefined;
  /** Whether the metric covers the whole line; false for a truncated line, or a value that is not a number. */
  readonly isWhole: boolean;
  /** The name of an incomplete metric, as far as it is known. */
  readonly name?: string;
}

/** Masks secrets in a name or a tag, before it is joined with or split from others. */
export type MaskText = (text: string) => string;

/** Whether a time fits in 64 bits. */
export function isTime(ns: bigint): boolean {
  return BigInt.asIntN(64, ns) === ns;
}

/** A metric of one instance. */
export interface Sample extends Metric {
  readonly group: string;
  readonly instance: number;
}
