import { naturalOrder } from '../util/natural-order.ts';
import { type Digest, digestOf } from './digest.ts';
import { type MetricType, type Sample, type Source, sources } from './sample.ts';
import type { Stats } from './stats.ts';

/** What a metric of a group amounts to. */
export interface SummaryRow extends Stats {
  readonly source: Source;
  readonly type: MetricType;
  /** With the name of the field, `<measurement>.<field>`, where something was pushed that has several. */
  readonly metric: string;
  readonly tags: string;
  readonly group: string;
}

/** A metric as people name it: with its tags, where it has some. */
export function fullName({ metric, tags }: Pick<SummaryRow, 'metric' | 'tags'>): string {
  return tags === '' ? metric : `${metric},${tags}`;
}

/** What tells rows apart. */
export type SeriesName = Pick<SummaryRow, 'source' | 'type' | 'metric' | 'tags' | 'group'>;

/** The same, beside their metric. */
type Labels = Pick<SummaryRow, 'tags' | 'group'>;

/** Under which a sample counts, where nothing else is said. */
export function labelsOf({ tags, group }: Labels): Labels {
  return { tags, group };
}

/** What tells one row from all others. */
export function seriesKey({ source, type, metric, tags, group }: SeriesName): string {
  return JSON.stringify([source, type, metric, tags, group]);
}

/** The row to which a value of a sample belongs. */
export function seriesName({ source, type, name }: Sample, measure: string, labels: Labels): SeriesName {
  return { source, type, metric: measure === 'value' ? name : `${name}.${measure}`, ...labels };
}

/** Gathers samples, an instance's in the order of their time, into rows. */
export class Summary {
  readonly #labelsOf: (sample: Sample) => Labels;
  readonly #series = new Map<string, SeriesName & { readonly digest: Digest }>();

  /** @param labels the tags and the group under which a sample counts: its own where nothing is said. */
  constructor(labels: (sample: Sample) => Labels = labelsOf) {
    this.#labelsOf = labels;
  }

  add(sample: Sample): void {
    for (const measure of measuresOf(sample)) this.#digestOf(sample, measure).add(sample);
  }

  /** By source, metric, tags and group. */
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

/** What all samples amount to, in rows. */
export async function summarise(samples: AsyncIterable<readonly Sample[]>): Promise<readonly SummaryRow[]> {
  const summary = new Summary();
  for await (const some of samples) for (const sample of some) summary.add(sample);
  return summary.rows();
}

/** The values of a sample that are metrics of their own: the fields of a pushed point. */
export function measuresOf({ type, measures }: Sample): readonly string[] {
  return type === 'pushed' ? Object.keys(measures) : ['value'];
}
