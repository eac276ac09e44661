import type { Tool } from './programs.ts';

/** A figure of tg, and that of another program, measured in the same run of the benchmark. */
export interface Row {
  readonly what: string;
  /** The unit of both figures: `ms`, `µs`, `MB`, `1/s`, … */
  readonly unit: string;
  readonly tg: number;
  /** The program that tg is compared with; undefined if the goal is a figure. */
  readonly against: { readonly name: string; readonly value: number } | undefined;
  /** As text, for example `≤ 0.9 ×`. */
  readonly goal: string;
  /** Undefined for a row without a goal. */
  readonly met: boolean | undefined;
}

/** A curve of a plot: a name and its points. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A plot of a benchmark, besides its rows. */
export interface Plot {
  /** The name of its file, without extension. */
  readonly file: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly curves: readonly Curve[];
}

/** The results of a benchmark. */
export interface Measured {
  readonly rows: readonly Row[];
  readonly plots?: readonly Plot[];
}

/** The extent of the measurements. */
export interface Extent {
  /** Only checks that everything works: small sizes, once, with meaningless times. */
  readonly quick: boolean;
  /** How many times each figure is measured; the median counts. */
  readonly rounds: number;
}

/** A benchmark: a command of `npm run bench`. */
export interface Benchmark {
  readonly name: string;
  readonly title: string;
  /** The required programs. */
  readonly needs: readonly Tool[];
  readonly measure: (extent: Extent) => Promise<Measured>;
}

/** A row whose goal is a ratio: at most `max` times the compared figure. */
export function atMost(
  max: number,
  row: Omit<Row, 'goal' | 'met' | 'against'> & { readonly against: NonNullable<Row['against']> },
): Row {
  return { ...row, goal: `≤ ${max} ×`, met: row.tg <= max * row.against.value };
}

/** A row whose goal is a ratio: at least `least` times the compared figure. */
export function atLeast(
  least: number,
  row: Omit<Row, 'goal' | 'met' | 'against'> & { readonly against: NonNullable<Row['against']> },
): Row {
  return { ...row, goal: `≥ ${least} ×`, met: row.tg >= least * row.against.value };
}
