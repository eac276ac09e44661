import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { MetricType, Sample } from './sample.ts';
import { statsOf } from './stats.ts';
import { type Labels, labelsOf, measuresOf, type SeriesName, seriesKey, seriesName } from './summary.ts';

/** A series over time: the quantiles of each time slice, and all values if there are few. */
export interface Curve extends SeriesName {
  /** The middle of each slice with measurements, in ms since the epoch. */
  readonly at: readonly number[];
  readonly p50: readonly number[];
  readonly p95: readonly number[];
  readonly p99: readonly number[];
  /** Every value with its time, in the order of times; null if there are many, or values of their own do not exist. */
  readonly points: { readonly at: readonly number[]; readonly value: readonly number[] } | null;
}

interface Span {
  /** Both in ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** The number of slices. */
  readonly pieces: number;
}

interface Series extends SeriesName {
  readonly pieces: Map<number, Piece>;
  /** Undefined once there are too many. */
  points: { readonly at: number; readonly value: number }[] | undefined;
}

/** The largest number of series with curves. */
const maxSeries = 1_000;
/** Of a series with at most this many values, every value is a point. */
export const maxPoints = 500;

/** Aggregates samples by series into curves over time. Memory does not grow with the number of samples. */
export class Curves {
  readonly #span: Span;
  readonly #labelsOf: (sample: Sample) => Labels;
  readonly #series = new Map<string, Series>();
  /** Seeded: equal samples give equal curves. */
  readonly #random: () => number;
  readonly #refused = new Set<string>();

  /** @param labels the tags and the group that a sample counts under; by default its own. */
  constructor(span: Span, labels: (sample: Sample) => Labels = labelsOf) {
    this.#span = span;
    this.#labelsOf = labels;
    const generator = xoroshiro128plus(1);
    this.#random = () => uniformFloat64(generator);
  }

  /** The number of series without a curve, because there are too many. */
  get refused(): number {
    return this.#refused.size;
  }

  add(sample: Sample): void {
    for (const measure of measuresOf(sample)) {
      const series = this.#seriesOf(sample, measure);
      if (series !== undefined) this.#addTo(series, sample, measure);
    }
  }

  #addTo(series: Series, { ns, type, measures }: Sample, measure: string): void {
    const place = this.#pieceOf(ns);
    const piece = series.pieces.get(place) ?? new Piece();
    if (isSummary(type)) {
      const { count = 0, p50, p95, p99 } = measures;
      // An instance that has measured nothing reports zeros.
      if (count === 0 || p50 === undefined || p95 === undefined || p99 === undefined) return;
      piece.raise(p50, p95, p99);
    } else {
      const value = measures[shownOf(type, measure)];
      if (value === undefined) return;
      piece.add(value, this.#random);
      if (type !== 'counter') series.points?.push({ at: Number(ns) / 1e6, value });
      if ((series.points?.length ?? 0) > maxPoints) series.points = undefined;
    }
    series.pieces.set(place, piece);
  }

  curves(): readonly Curve[] {
    return [...this.#series.values()].map((series) => this.#curveOf(series));
  }

  #seriesOf(sample: Sample, measure: string): Series | undefined {
    const name = seriesName(sample, measure, this.#labelsOf(sample));
    const key = seriesKey(name);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= maxSeries) {
      if (this.#refused.size < maxSeries) this.#refused.add(key);
      return undefined;
    }
    const made: Series = { ...name, pieces: new Map(), points: [] };
    this.#series.set(key, made);
    return made;
  }

  /** Times outside the range count in the first or the last slice: instances have their own clocks. */
  #pieceOf(ns: bigint): number {
    const { from, to, pieces } = this.#span;
    const share = to > from ? (Number(ns) / 1e6 - from) / (to - from) : 0;
    return Math.min(pieces - 1, Math.max(0, Math.floor(share * pieces)));
  }

  #curveOf({ pieces, points, ...name }: Series): Curve {
    const { from, to, pieces: all } = this.#span;
    const inOrder = [...pieces].sort(([a], [b]) => a - b);
    const at = inOrder.map(([place]) => from + ((place + 0.5) * (to - from)) / all);
    const parts = inOrder.map(([, piece]) => piece);
    if (name.type === 'counter') {
      let total = 0;
      const totals = parts.map(({ sum }) => (total += sum));
      return { ...name, at, p50: totals, p95: totals, p99: totals, points: null };
    }
    const quantiles = parts.map((part) => part.quantiles());
    const ofTime = points?.toSorted((one, other) => one.at - other.at) ?? [];
    return {
      ...{ ...name, at },
      p50: quantiles.map(({ p50 }) => p50),
      p95: quantiles.map(({ p95 }) => p95),
      p99: quantiles.map(({ p99 }) => p99),
      points:
        ofTime.length === 0
          ? null
          : { at: ofTime.map((its) => its.at), value: ofTime.map((its) => its.value) },
    };
  }
}

interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** How many values of a slice are kept for its quantiles; of more, a uniform random sample is kept. */
const maxKept = 256;

/** The measurements of one series in a time slice. */
class Piece {
  sum = 0;
  readonly #kept: number[] = [];
  #count = 0;
  /** The greatest quantiles of the summaries that instances reported. */
  #most: Quantiles | undefined;

  /** @param random returns a number between 0 and 1. */
  add(value: number, random: () => number): void {
    this.sum += value;
    this.#count++;
    if (this.#kept.length < maxKept) {
      this.#kept.push(value);
      return;
    }
    // Algorithm R (Vitter, 1985).
    const place = Math.floor(random() * this.#count);
    if (place < maxKept) this.#kept[place] = value;
  }

  raise(p50: number, p95: number, p99: number): void {
    const before = this.#most ?? { p50, p95, p99 };
    this.#most = {
      p50: Math.max(before.p50, p50),
      p95: Math.max(before.p95, p95),
      p99: Math.max(before.p99, p99),
    };
  }

  quantiles(): Quantiles {
    return this.#most ?? statsOf(this.#kept);
  }
}

/** Whether instances report summaries of their values, not the values. */
export function isSummary(type: MetricType): boolean {
  return type === 'histogram' || type === 'timer';
}

/** The plotted measure of a sample that has a value of its own. */
function shownOf(type: MetricType, measure: string): string {
  switch (type) {
    case 'counter':
      return 'count';
    case 'meter':
      return 'mean';
    case 'ewma':
      return 'rate';
    default:
      return measure;
  }
}
