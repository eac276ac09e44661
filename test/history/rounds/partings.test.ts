import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Partings } from '../../../src/history/rounds/partings.ts';
import { RoundEvents } from '../../../src/history/rounds/round-events.ts';

/** A round of two instances: what each signals, in order. */
function round(...instances: readonly (readonly string[])[]) {
  const events = new RoundEvents([{ id: 'g', instances: 2 }]);
  for (const [index, states] of instances.entries())
    for (const [at, state] of states.entries())
      events.addActivity({ did: 'signal', group: 'g', index, state, seq: 1, at: 10 * at + index });
  return events.all();
}

function partingsOf(passing: ReturnType<typeof round>[], failing: ReturnType<typeof round>[]) {
  const partings = new Partings();
  for (const events of passing) partings.addPassing(events);
  return partings.of(failing.map((events, place) => ({ runId: `run ${place}`, events })));
}

describe('where failing rounds part from passing ones', () => {
  const passing = [round(['a', 'b', 'c'], ['a', 'b', 'c']), round(['a', 'b', 'c', 'd'], ['a', 'b', 'c'])];

  test('is the first event that some instance lacks, though all have it in passing rounds', () => {
    expect(partingsOf(passing, [round(['a', 'b', 'c'], ['a', 'd'])])).toEqual([
      {
        group: 'g',
        event: 'signals b',
        after: 'signals a',
        isByAll: true,
        runs: ['run 0'],
        without: ['g[001]'],
      },
    ]);
  });

  test('is not an event that only some passing rounds have', () => {
    expect(partingsOf(passing, [round(['a', 'b', 'c'], ['a', 'b', 'c'])])).toEqual([]);
  });

  test('is an event of no instance, if only some have it in passing rounds', () => {
    const some = [round(['a', 'leads'], ['a']), round(['a'], ['a', 'leads'])];
    expect(partingsOf(some, [round(['a'], ['leads'])])).toMatchObject([
      { event: 'signals a', isByAll: true },
    ]);
    expect(partingsOf(some, [round(['a'], ['a'])])).toMatchObject([
      { event: 'signals leads', isByAll: false },
    ]);
  });

  test('is told for each failing round, those that part together first', () => {
    const failing = [round(['a'], ['b']), round(['a', 'b'], ['a']), round(['a', 'b'], ['a', 'c'])];
    expect(partingsOf(passing, failing).map(({ event, runs }) => [event, runs])).toEqual([
      ['signals b', ['run 1', 'run 2']],
      ['signals a', ['run 0']],
    ]);
  });

  test('ignores numbers in names, and tells groups apart', () => {
    const named = (state: string, group = 'g') => {
      const events = new RoundEvents([
        { id: 'g', instances: 1 },
        { id: 'h', instances: 1 },
      ]);
      events.addActivity({ did: 'signal', group, index: 0, state, seq: 1, at: 0 });
      return events.all();
    };
    expect(partingsOf([named('round-1')], [named('round-2')])).toEqual([]);
    expect(partingsOf([named('ready')], [named('ready', 'h')])).toMatchObject([{ group: 'g', after: null }]);
  });

  test('property: a round does not part from rounds that include it', () => {
    const states = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 6 });
    const rounds = fc.array(fc.tuple(states, states), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rounds, (all) => {
        const events = all.map(([one, other]) => round(one, other));
        expect(partingsOf(events, events)).toEqual([]);
      }),
    );
  });
});
