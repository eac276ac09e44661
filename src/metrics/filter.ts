import type { Sample, Source } from './sample.ts';

/** Which samples are wanted; what is undefined leaves them all. */
export interface MetricFilter {
  /** Names, where `*` stands for anything. */
  readonly names?: readonly string[] | undefined;
  readonly instances?: readonly { readonly group: string; readonly index: number }[] | undefined;
  readonly sources?: readonly Source[] | undefined;
  /** From this moment on, and until that one, since the epoch. */
  readonly sinceNs?: bigint | undefined;
  readonly untilNs?: bigint | undefined;
}

/** @returns whether a sample is wanted. */
export function filterOf({
  names,
  instances,
  sources,
  sinceNs,
  untilNs,
}: MetricFilter): (sample: Sample) => boolean {
  const patterns = names?.map(patternOf);
  const wanted = instances && new Set(instances.map(({ group, index }) => `${group}/${index}`));
  return ({ name, tags, group, instance, source, ns }) =>
    (patterns === undefined ||
      patterns.some((pattern) => pattern.test(name) || pattern.test(`${name},${tags}`))) &&
    (wanted === undefined || wanted.has(`${group}/${instance}`)) &&
    (sources === undefined || sources.includes(source)) &&
    (sinceNs === undefined || ns >= sinceNs) &&
    (untilNs === undefined || ns <= untilNs);
}

/** Those samples that are wanted. */
export async function* filtered(
  samples: AsyncIterable<readonly Sample[]>,
  isWanted: (sample: Sample) => boolean,
): AsyncGenerator<readonly Sample[]> {
  for await (const some of samples) yield some.filter(isWanted);
}

function patternOf(name: string): RegExp {
  const literal = name.split('*').map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`);
}
