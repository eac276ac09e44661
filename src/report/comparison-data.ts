/** The data of the page of a comparison; see data.ts. */

/** A comparison of runs. */
export interface ComparisonReport {
  readonly kind: 'comparison';
  /** The method of comparison, in sentences. */
  readonly method: string;
  readonly sides: readonly {
    readonly name: string;
    readonly words: string;
    readonly isBaseline: boolean;
    readonly runs: readonly string[];
  }[];
  /** What the gates say, one per line; the outcome is the first word. */
  readonly gates: readonly string[];
  /** The sides whose times may be those of a saturated machine, one per line. */
  readonly saturated: readonly string[];
  /** What is not compared, one per line. */
  readonly leftOut: readonly string[];
  /** The settings in which the runs differ. */
  readonly differ: readonly string[];
  readonly metrics: readonly ComparedRow[];
}

export interface ComparedRow {
  /** The values of the axes of the matrix at which the sides are compared; empty without a matrix. */
  readonly point: string;
  readonly metric: string;
  /** What one value represents, for the baseline and for most of the others. */
  readonly of: 'run' | 'instance';
  readonly sides: readonly (ComparedSide | null)[];
}

export interface ComparedSide {
  readonly p: number | null;
  readonly isSignificant: boolean;
  /** The mean, p50, p95 and p99; null for a quantile that has too few samples. */
  readonly effects: readonly (ComparedEffect | null)[];
  /** The mean of all compared values. */
  readonly centre: number;
  /** One value per run or per instance; a sample if there are many. */
  readonly values: readonly number[];
}

/** A statistic of a side with its 95 % interval, and its change from the baseline, as a share, with that of it. */
export interface ComparedEffect {
  readonly value: number;
  readonly interval: readonly [low: number, high: number] | null;
  readonly change: number | null;
  readonly changeInterval: readonly [low: number, high: number] | null;
  /** Whether the interval of the change excludes no change. */
  readonly isBeyondNoise: boolean;
}
