/** The data of the index page of a series; see data.ts. */

/** The index page of a series: its runs by setting and round, and its metrics by setting. */
export interface SeriesReport {
  readonly kind: 'series';
  readonly about: SeriesAbout;
  /** The names of the settings that a matrix varies. */
  readonly axes: readonly string[];
  readonly points: readonly SeriesPoint[];
  readonly runs: SeriesRuns;
  /** The first reasons why runs did not succeed. */
  readonly reasons: readonly string[];
  /** The same without the names of instances. */
  readonly causes: readonly string[];
  /** Whether the pages of the kept runs are next to this one, as `<run id>.html`. */
  readonly hasPages: boolean;
  readonly metrics: readonly SeriesValues[];
  /** Descriptions of what is not shown. */
  readonly gaps: readonly string[];
}

export interface SeriesAbout {
  readonly id: string;
  readonly plan: string;
  readonly testCase: string;
  readonly labels: readonly string[];
  /** Since the epoch. */
  readonly began: number;
  /** From its beginning to the end of its last run. */
  readonly tookMs: number;
  /** Null for a series that is repeated until a run fails. */
  readonly rounds: number | null;
  readonly planned: number | null;
  readonly state: 'running' | 'complete' | 'cut short' | 'interrupted';
}

/** A combination of the settings that a matrix varies. */
export interface SeriesPoint {
  readonly name: string;
  /** The run of the composition that it is. */
  readonly of: string;
  /** One for each axis. */
  readonly values: readonly string[];
  /** How many of its judged rounds failed, and the 95 % confidence interval of that share. */
  readonly failed: number;
  readonly judged: number;
  readonly low: number;
  readonly high: number;
}

/** The runs of a series, in the order in which they ended. */
export interface SeriesRuns {
  /** Indexes in `points`. */
  readonly point: readonly number[];
  readonly round: readonly number[];
  /** Indexes in `runOutcomes`. */
  readonly outcome: readonly number[];
  /** Null for a run that did not start. */
  readonly id: readonly (string | null)[];
  readonly seed: readonly string[];
  readonly tookMs: readonly (number | null)[];
  /** Indexes in `reasons`; -1 for none. */
  readonly reason: readonly number[];
  /** Indexes in `causes`; -1 for none. */
  readonly cause: readonly number[];
  readonly isKept: readonly boolean[];
}

/** The outcomes of runs; columns refer to one by its index. */
export const runOutcomes = ['success', 'unknown', 'canceled', 'error', 'failure'] as const;
export type RunOutcome = (typeof runOutcomes)[number];

/** A metric of each run of a series; null where it was not measured. */
export interface SeriesValues {
  readonly name: string;
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
}
