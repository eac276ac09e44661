import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { medianSorted } from 'simple-statistics';
import type { MetricType, Sample } from './sample.ts';
import { labelsOf, measuresOf, type SeriesName, seriesKey, seriesName } from './summary.ts';

/** A series over time: the minimum, median and maximum of each time slice. */
export interface Curve extends SeriesName {
  /** Describes what the line shows. */
  readonly what: string;
  /** The middle of each slice with measurements, in ms since the epoch. */
  readonly at: readonly number[];
  readonly low: readonly number[];
  readonly mid: readonly number[];
  readonly high: readonly number[];
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
}

/** The largest number of series with curves. */
const maxSeries = 1_000;

/** Aggregates samples by series into curves over time. Memory does not grow with the number of samples. */
export class Curves {
  readonly #span: Span;
  readonly #series = new Map<string, Series>();
  /** Seeded: equal samples give equal curves. */
  readonly #random: () => number;
  readonly #refused = new Set<string>();

  constructor(span: Span) {
    this.#span = span;
    const generator = xoroshiro128plus(1);
    this.#random = () => uniformFloat64(generator);
  }

  /** The number of series without a curve, because there are too many. */
  get refused(): number {
    return this.#refused.size;
  }

  add(sample: Sample): void {
    const place = this.#pieceOf(sample.ns);
    for (const measure of measuresOf(sample)) {
      const value = sample.measures[shownOf(sample.type, measure)];
      const series = value === undefined ? undefined : this.#seriesOf(sample, measure);
      if (value === undefined || series === undefined) continue;
      const piece = series.pieces.get(place) ?? new Piece();
      series.pieces.set(place, piece);
      piece.add(value, this.#random);
    }
  }

  curves(): readonly Curve[] {
    return [...this.#series.values()].map((series) => this.#curveOf(series));
  }

  #seriesOf(sample: Sample, measure: string): Series | undefined {
    const name = seriesName(sample, measure, labelsOf(sample));
    const key = seriesKey(name);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= maxSeries) {
      if (this.#refused.size < maxSeries) this.#refused.add(key);
      return undefined;
    }
    const made = { ...name, pieces: new Map() };
    this.#series.set(key, made);
    return made;
  }

  /** Times outside the range count in the first or the last slice: instances have their own clocks. */
  #pieceOf(ns: bigint): number {
    const { from, to, pieces } = this.#span;
    const share = to > from ? (Number(ns) / 1e6 - from) / (to - from) : 0;
    return Math.min(pieces - 1, Math.max(0, Math.floor(share * pieces)));
  }

  #curveOf({ pieces, ...name }: Series): Curve {
    const { from, to, pieces: all } = this.#span;
    const inOrder = [...pieces].sort(([a], [b]) => a - b);
    const at = inOrder.map(([place]) => from + ((place + 0.5) * (to - from)) / all);
    const parts = inOrder.map(([, piece]) => piece);
    const what = descriptionOf(name.type);
    if (name.type === 'counter') {
      let total = 0;
      const mid = parts.map(({ sum }) => (total += sum));
      return { ...name, what, at, low: mid, mid, high: mid };
    }
    return {
      ...{ ...name, what, at },
      low: parts.map(({ min }) => min),
      mid: parts.map((part) => part.median()),
      high: parts.map(({ max }) => max),
    };
  }
}

/** How many values of a slice are kept for its median; of more, a uniform random sample is kept. */
const maxKept = 64;

/** The measurements of one series in a time slice. */
class Piece {
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  sum = 0;
  readonly #kept: number[] = [];
  #count = 0;

  /** @param random returns a number between 0 and 1. */
  add(value: number, random: () => number): void {
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
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

  median(): number {
    return medianSorted(this.#kept.toSorted((a, b) => a - b));
  }
}

/** The plotted measure of a sample. */
function shownOf(type: MetricType, measure: string): string {
  switch (type) {
    case 'counter':
      return 'count';
    case 'meter':
      return 'mean';
    case 'ewma':
      return 'rate';
    case 'histogram':
    case 'timer':
      return 'p50';
    default:
      return measure;
  }
}

function descriptionOf(type: MetricType): string {
  switch (type) {
    case 'counter':
      return 'running total of the group';
    case 'histogram':
    case 'timer':
      return 'medians of the instances: median, minimum and maximum';
    case 'meter':
    case 'ewma':
      return 'events per second of the instances: median, minimum and maximum';
    default:
      return 'median, minimum and maximum';
  }
}
