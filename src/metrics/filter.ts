import type { Sample, Source } from './sample.ts';

/** Selects samples; undefined criteria match everything. */
export interface MetricFilter {
  /** Names, where `*` matches anything. */
  readonly names?: readonly string[] | undefined;
  readonly instances?: readonly { readonly group: string; readonly index: number }[] | undefined;
  readonly sources?: readonly Source[] | undefined;
  /** The range of times, inclusive, in ns since the epoch. */
  readonly sinceNs?: bigint | undefined;
  readonly untilNs?: bigint | undefined;
}

/** @returns the matching part of a sample; undefined if nothing matches. */
export function filterOf({
  names,
  instances,
  sources,
  sinceNs,
  untilNs,
}: MetricFilter): (sample: Sample) => Sample | undefined {
  const patterns = names?.map(patternOf);
  const isNamed = (name: string, tags: string) =>
    patterns === undefined ||
    patterns.some((pattern) => pattern.test(name) || pattern.test(`${name},${tags}`));
  const wanted = instances && new Set(instances.map(({ group, index }) => `${group}/${index}`));
  return (sample) => {
    const { name, tags, type, group, instance, source, ns } = sample;
    if (wanted !== undefined && !wanted.has(`${group}/${instance}`)) return undefined;
    if (sources !== undefined && !sources.includes(source)) return undefined;
    if ((sinceNs !== undefined && ns < sinceNs) || (untilNs !== undefined && ns > untilNs)) return undefined;
    if (isNamed(name, tags)) return sample;
    if (type !== 'pushed') return undefined;
    // The fields of a pushed point are metrics of their own.
    const fields = Object.entries(sample.measures).filter(([field]) => isNamed(`${name}.${field}`, tags));
    return fields.length === 0 ? undefined : { ...sample, measures: Object.fromEntries(fields) };
  };
}

/** Yields the matching samples. */
export async function* filtered(
  samples: AsyncIterable<readonly Sample[]>,
  wanted: (sample: Sample) => Sample | undefined,
): AsyncGenerator<readonly Sample[]> {
  for await (const some of samples) yield some.flatMap((sample) => wanted(sample) ?? []);
}

function patternOf(name: string): RegExp {
  const literal = name.split('*').map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's');
}
