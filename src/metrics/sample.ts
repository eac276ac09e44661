/** Where a metric was found: what an SDK calls results (`R()`) or diagnostics (`D()`), or what was written to an InfluxDB. */
export type Source = 'results' | 'diagnostics' | 'pushed';

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

/** A metric of one instance. */
export interface Sample extends Metric {
  readonly group: string;
  readonly instance: number;
}
