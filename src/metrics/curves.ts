import { max, medianSorted, min } from 'simple-statistics';
import type { MetricType, Sample } from './sample.ts';
import { labelsOf, measuresOf, type SeriesName, seriesName } from './summary.ts';

/** What was measured in pieces of time: the least, the median and the most value of each. */
export interface Curve extends SeriesName {
  /** What its line is, in words. */
  readonly what: string;
  /** The middle of each piece in which anything was measured, in ms since the epoch. */
  readonly at: readonly number[];
  readonly low: readonly number[];
  readonly mid: readonly number[];
  readonly high: readonly number[];
}

interface Span {
  /** Both in ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Into how many pieces it is cut. */
  readonly pieces: number;
}

interface Series extends SeriesName {
  readonly type: MetricType;
  /** The values in each piece of time. */
  readonly pieces: Map<number, number[]>;
}

/** Puts samples, by series, into curves over time. */
export class Curves {
  readonly #span: Span;
  readonly #series = new Map<string, Series>();

  constructor(span: Span) {
    this.#span = span;
  }

  add(sample: Sample): void {
    const piece = this.#pieceOf(sample.ns);
    for (const measure of measuresOf(sample)) {
      const value = sample.measures[shownOf(sample.type, measure)];
      if (value === undefined) continue;
      const { pieces } = this.#seriesOf(sample, measure);
      const values = pieces.get(piece);
      if (values === undefined) pieces.set(piece, [value]);
      else values.push(value);
    }
  }

  curves(): readonly Curve[] {
    return [...this.#series.values()].map((series) => this.#curveOf(series));
  }

  #seriesOf(sample: Sample, measure: string): Series {
    const name = seriesName(sample, measure, labelsOf(sample));
    const key = JSON.stringify(name);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const made = { ...name, type: sample.type, pieces: new Map() };
    this.#series.set(key, made);
    return made;
  }

  /** What was measured before or after belongs to the first or the last piece: clocks of instances are their own. */
  #pieceOf(ns: bigint): number {
    const { from, to, pieces } = this.#span;
    const share = to > from ? (Number(ns) / 1e6 - from) / (to - from) : 0;
    return Math.min(pieces - 1, Math.max(0, Math.floor(share * pieces)));
  }

  #curveOf({ pieces, ...name }: Series): Curve {
    const { from, to, pieces: all } = this.#span;
    const inOrder = [...pieces].sort(([a], [b]) => a - b);
    const at = inOrder.map(([piece]) => from + ((piece + 0.5) * (to - from)) / all);
    if (name.type === 'counter') {
      let total = 0;
      const mid = inOrder.map(([, values]) => (total += values.reduce((sum, each) => sum + each, 0)));
      return { ...name, what: 'total of the group so far', at, low: mid, mid, high: mid };
    }
    const sorted = inOrder.map(([, values]) => values.toSorted((a, b) => a - b));
    return {
      ...name,
      what: wordsOf(name.type),
      at,
      low: sorted.map(min),
      mid: sorted.map(medianSorted),
      high: sorted.map(max),
    };
  }
}

/** What of a sample is drawn. */
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

function wordsOf(type: MetricType): string {
  switch (type) {
    case 'histogram':
    case 'timer':
      return 'what instances said as their median: the middle, the least and the most of it';
    case 'meter':
    case 'ewma':
      return 'events a second: the middle, the least and the most instance';
    default:
      return 'median, least and most value';
  }
}
