/** The columns of a plot: the first is the time in ms; null is a missing value. */
export type Columns = readonly (readonly (number | null)[])[];

/** An axis that is not the run's time. */
export interface PlainAxis {
  readonly range: readonly [number, number];
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

/** The axis of values. */
export interface ValueAxis {
  /** A fixed range. */
  readonly range?: readonly [number, number];
  /** Where it starts, if the range is not fixed. */
  readonly from?: number;
  readonly isLog?: boolean;
  readonly format?: (value: number) => string;
  /** Values that are always in sight, with a labelled line across the plot. */
  readonly lines?: readonly { readonly value: number; readonly text: string }[];
}
