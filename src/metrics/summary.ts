import { naturalOrder } from '../util/natural-order.ts';
import { type Digest, digestOf } from './digest.ts';
import { type MetricType, type Sample, type Source, sources } from './sample.ts';
import type { Stats } from './stats.ts';

/** The statistics of a metric of a group. */
export interface SummaryRow extends Stats {
  readonly source: Source;
  readonly type: MetricType;
  /** For pushed points with several fields it includes the field name, as `<measurement>.<field>`. */
  readonly metric: string;
  readonly tags: string;
  readonly group: string;
}

/** The display name of a metric, with its tags if there are any. */
export function fullName({ metric, tags }: Pick<SummaryRow, 'metric' | 'tags'>): string {
  return tags === '' ? metric : `${metric},${tags}`;
}

/** The key of a row. */
export type SeriesName = Pick<SummaryRow, 'source' | 'type' | 'metric' | 'tags' | 'group'>;

/** The key of a row besides its metric. */
export type Labels = Pick<SummaryRow, 'tags' | 'group'>;

/** The default labels of a sample. */
export function labelsOf({ tags, group }: Labels): Labels {
  return { tags, group };
}

/** A text that identifies a row. */
export function seriesKey({ source, type, metric, tags, group }: SeriesName): string {
  return JSON.stringify([source, type, metric, tags, group]);
}

/** The row of a value in a sample. */
export function seriesName({ source, type, name }: Sample, measure: string, labels: Labels): SeriesName {
  return { source, type, metric: measure === 'value' ? name : `${name}.${measure}`, ...labels };
}

/** Aggregates samples into rows; each instance's samples come in time order. */
export class Summary {
  readonly #labelsOf: (sample: Sample) => Labels;
  readonly #series = new Map<string, SeriesName & { readonly digest: Digest }>();

  /** @param labels the tags and the group that a sample counts under; by default its own. */
  constructor(labels: (sample: Sample) => Labels = labelsOf) {
    this.#labelsOf = labels;
  }

  add(sample: Sample): void {
    for (const measure of measuresOf(sample)) this.#digestOf(sample, measure).add(sample);
  }

  /** Sorted by source, metric, tags and group. */
  rows(): readonly SummaryRow[] {
    const rows = [...this.#series.values()].flatMap(({ digest, ...series }) => {
      const stats = digest.stats();
      return stats === undefined ? [] : [{ ...series, ...stats }];
    });
    return rows.sort(
      (a, b) =>
        sources.indexOf(a.source) - sources.indexOf(b.source) ||
        naturalOrder(fullName(a), fullName(b)) ||
        naturalOrder(a.group, b.group),
    );
  }

  /**
   * The quantiles of a row at these shares, from 0 to 1.
   * @returns undefined if its values are not known: instances report summaries.
   */
  quantilesOf(name: SeriesName, shares: readonly number[]): readonly number[] | undefined {
    return this.#series.get(seriesKey(name))?.digest.quantiles(shares);
  }

  #digestOf(sample: Sample, measure: string): Digest {
    const series = seriesName(sample, measure, this.#labelsOf(sample));
    const key = seriesKey(series);
    const known = this.#series.get(key);
    if (known !== undefined) return known.digest;
    const digest = digestOf(series.type, measure);
    this.#series.set(key, { ...series, digest });
    return digest;
  }
}

/** Aggregates all samples into rows. */
export async function summarise(samples: AsyncIterable<readonly Sample[]>): Promise<readonly SummaryRow[]> {
  const summary = new Summary();
  for await (const some of samples) for (const sample of some) summary.add(sample);
  return summary.rows();
}

/** The values of a sample that are metrics of their own: the fields of a pushed point. */
export function measuresOf({ type, measures }: Sample): readonly string[] {
  return type === 'pushed' ? Object.keys(measures) : ['value'];
}
