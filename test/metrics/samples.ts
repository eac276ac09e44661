import fc from 'fast-check';
import type { Sample } from '../../src/metrics/sample.ts';

/** A sample with the properties that matter to a test, and defaults for the others. */
export function sample(its: Partial<Sample> & Pick<Sample, 'measures'>): Sample {
  return {
    ns: 1_700_000_000_000_000_001n,
    source: 'results',
    type: 'point',
    name: 'm',
    tags: '',
    group: 'single',
    instance: 0,
    ...its,
  };
}

export async function* given(...batches: readonly (readonly Sample[])[]): AsyncGenerator<readonly Sample[]> {
  yield* batches;
}

/** Tags that tg adds itself. */
const taken = new Set(['run', 'group_id', 'instance']);
const word = fc.stringMatching(/^[a-zA-Z][\w. -]{0,8}$/).filter((text) => !taken.has(text));

/** Any sample, with names as SDKs give them. */
export const anySample: fc.Arbitrary<Sample> = fc.record({
  ns: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  source: fc.constantFrom('results', 'diagnostics', 'pushed'),
  type: fc.constantFrom('point', 'counter', 'gauge', 'timer', 'pushed'),
  name: word,
  tags: fc
    .uniqueArray(fc.tuple(word, word), { selector: ([key]) => key, maxLength: 3 })
    .map((pairs) => pairs.map(([key, value]) => `${key}=${value}`).join(',')),
  group: word,
  instance: fc.nat(5),
  measures: fc.dictionary(
    word,
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
    {
      minKeys: 1,
      maxKeys: 4,
      noNullPrototype: true,
    },
  ),
});
