import type { Tool } from './programs.ts';

/** One figure of tg's beside one of somebody else's, measured in the same run. */
export interface Row {
  readonly what: string;
  /** What both figures are in: `ms`, `µs`, `MB`, `1/s`, … */
  readonly unit: string;
  readonly tg: number;
  /** What tg is measured against; undefined where the goal is a figure. */
  readonly against: { readonly name: string; readonly value: number } | undefined;
  /** In words: `≤ 0.9 ×`. */
  readonly goal: string;
  /** Undefined for a row that is shown and has no goal. */
  readonly met: boolean | undefined;
}

/** A curve of a plot: a name and its points. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A picture that a benchmark makes beside its rows. */
export interface Plot {
  /** The name of its file, without ending. */
  readonly file: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly curves: readonly Curve[];
}

/** What a benchmark has measured. */
export interface Measured {
  readonly rows: readonly Row[];
  readonly plots?: readonly Plot[];
}

/** How much is measured. */
export interface Extent {
  /** Only to see that it works: small sizes, once, no time is meant. */
  readonly quick: boolean;
  /** How often each figure is taken; the median counts. */
  readonly rounds: number;
}

/** A benchmark: a command of `npm run bench`. */
export interface Benchmark {
  readonly name: string;
  readonly title: string;
  /** The programs that have to be there. */
  readonly needs: readonly Tool[];
  readonly measure: (extent: Extent) => Promise<Measured>;
}

/** A row whose goal is a ratio: at most `max` times what it is measured against. */
export function atMost(
  max: number,
  row: Omit<Row, 'goal' | 'met' | 'against'> & { readonly against: NonNullable<Row['against']> },
): Row {
  return { ...row, goal: `≤ ${max} ×`, met: row.tg <= max * row.against.value };
}

/** A row whose goal is a ratio: at least `least` times what it is measured against. */
export function atLeast(
  least: number,
  row: Omit<Row, 'goal' | 'met' | 'against'> & { readonly against: NonNullable<Row['against']> },
): Row {
  return { ...row, goal: `≥ ${least} ×`, met: row.tg >= least * row.against.value };
}
