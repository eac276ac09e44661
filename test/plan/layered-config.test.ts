import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filterRuns } from '../../src/plan/resolve/filter.ts';
import { firstDefined, type Layer, originsOf, valuesOf } from '../../src/plan/resolve/layered-config.ts';
import { expandMatrix } from '../../src/plan/resolve/matrix.ts';
import type { RequestedRun } from '../../src/plan/resolve/requested.ts';

const someLayer = fc.record({
  where: fc.string(),
  values: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'toString'), fc.anything()),
});

describe('property: layered values', () => {
  test('come from the strongest layer that has the name, with its origin', () => {
    fc.assert(
      fc.property(fc.array(someLayer, { maxLength: 6 }), (layers) => {
        const found = firstDefined(layers);
        const names = new Set(layers.flatMap(({ values }) => Object.keys(values)));
        expect(new Set(found.keys())).toEqual(names);
        for (const name of names) {
          const strongest = layers.findLast(({ values }) => Object.hasOwn(values, name));
          expect(found.get(name)).toEqual({ value: strongest?.values[name], where: strongest?.where });
        }
        expect(Object.keys(valuesOf(found)).sort()).toEqual(Object.keys(originsOf(found)).sort());
      }),
    );
  });

  test('are the same however layers are grouped or repeated, and leave the layers unchanged', () => {
    fc.assert(
      fc.property(
        fc.array(someLayer, { maxLength: 4 }),
        fc.array(someLayer, { maxLength: 4 }),
        (weak, strong) => {
          const layers: Layer[] = [...weak, ...strong];
          const before = structuredCloneOf(layers);
          const atOnce = firstDefined(layers);
          const under = firstDefined(strong);
          for (const [name, found] of firstDefined(weak)) if (!under.has(name)) under.set(name, found);
          expect(new Map([...atOnce].sort(byName))).toEqual(new Map([...under].sort(byName)));
          expect(firstDefined([...layers, ...layers])).toEqual(atOnce);
          expect(layers).toEqual(before);
        },
      ),
    );
  });
});

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function structuredCloneOf(layers: readonly Layer[]): Layer[] {
  return layers.map(({ where, values }) => ({ where, values: { ...values } }));
}

const countsFor = (total: number) => [total];

function run(name: string): RequestedRun {
  return {
    name,
    of: name,
    combination: {},
    runConfig: [],
    groups: [],
    thresholds: [],
    faults: [],
    countsFor,
  };
}

describe('a matrix', () => {
  test('property: gives every run with every combination once, under a unique name', () => {
    const axis = fc.record({
      name: fc.constantFrom('n', 'size', 'a b'),
      values: fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }),
      where: fc.constant('--matrix'),
    });
    const axes = fc.uniqueArray(axis, { maxLength: 3, selector: ({ name }) => name });
    fc.assert(
      fc.property(axes, fc.uniqueArray(fc.constantFrom('r1', 'r2', 'r3'), { minLength: 1 }), (all, names) => {
        const expanded = expandMatrix(names.map(run), all);
        expect(expanded).toHaveLength(names.length * all.reduce((sum, { values }) => sum * values.length, 1));
        expect(new Set(expanded.map(({ name }) => name)).size).toBe(expanded.length);
        const said = expanded.map(({ of, combination }) => JSON.stringify([of, combination]));
        expect(new Set(said).size).toBe(expanded.length);
        for (const { of, combination } of expanded) {
          expect(names).toContain(of);
          expect(Object.keys(combination)).toEqual(all.map(({ name }) => name));
          for (const { name, values } of all) expect(values).toContain(combination[name]);
        }
        // They become file names and CSV cells.
        for (const { name } of expanded) expect(name).toMatch(/^[\w.@+=-]+$/);
      }),
    );
  });

  test('adds its values to the names, as file names and CSV may have them, and numbers equal ones', () => {
    const axes = [
      { name: 'n', values: ['1', '2'], where: '' },
      { name: 'x', values: ['a b', 'a_b', 'a/b'], where: '' },
    ];
    expect(expandMatrix([run('r')], axes).map(({ name }) => name)).toEqual([
      ...['r-n=1-x=a_b', 'r-n=1-x=a_b.2', 'r-n=1-x=a_b.3'],
      ...['r-n=2-x=a_b', 'r-n=2-x=a_b.2', 'r-n=2-x=a_b.3'],
    ]);
    expect(expandMatrix([run('r'), run('s')], [])).toEqual([run('r'), run('s')]);
  });

  test('sets parameters of a group, stronger than all others', () => {
    const group = { params: [{ where: 'file', values: { n: '0', x: '0' } }] };
    const [first] = expandMatrix(
      [{ ...run('r'), groups: [group as never] }],
      [{ name: 'n', values: ['7'], where: '--matrix' }],
    );
    expect(valuesOf(firstDefined(first?.groups[0]?.params ?? []))).toEqual({ n: '7', x: '0' });
  });
});

describe('filters', () => {
  const runs = expandMatrix(
    [run('fast'), run('slow')],
    [
      { name: 'n', values: ['1', '10'], where: '' },
      { name: 'os', values: ['a', 'b'], where: '' },
    ],
  );
  const left = (filter: Partial<Parameters<typeof filterRuns>[1]>) =>
    filterRuns(runs, { ids: [], select: [], ignore: [], ...filter }).map(({ name }) => name);

  test.each([
    [{ select: ['fast-n=1-os=a'] }, ['fast-n=1-os=a']],
    [{ select: ['fast*'], ignore: ['*os=b'] }, ['fast-n=1-os=a', 'fast-n=10-os=a']],
    [{ select: ['n=1,os=b'] }, ['fast-n=1-os=b', 'slow-n=1-os=b']],
    [{ select: ['n=1*,os=b'], ignore: ['slow*'] }, ['fast-n=1-os=b', 'fast-n=10-os=b']],
    [{ select: ['n=10'], ignore: ['os=a', 'fast*'] }, ['slow-n=10-os=b']],
    [{ ids: ['slow'], select: ['n=1'] }, ['slow-n=1-os=a', 'slow-n=1-os=b']],
    [{ select: ['n=10,os=a', 'slow*1-os=b'] }, ['fast-n=10-os=a', 'slow-n=1-os=b', 'slow-n=10-os=a']],
    [{ ids: ['slow-n=1-os=b', 'slow'], ignore: ['n=10'] }, ['slow-n=1-os=b', 'slow-n=1-os=a']],
    [{ ids: ['slow-n=10-os=b', 'fast-n=1-os=a'] }, ['slow-n=10-os=b', 'fast-n=1-os=a']],
  ])('keep the matching runs: %j', (filter, names) => {
    expect(left(filter)).toEqual(names);
  });

  test('take all characters except * as they are, also line breaks', () => {
    const values = ['1.5', '175', '(a+b)', '\\d', 'a\nb', 'k=v'];
    const all = expandMatrix([run('r')], [{ name: 'x', values, where: '' }]);
    const selected = (pattern: string) =>
      filterRuns(all, { ids: [], select: [pattern], ignore: [] }).map(({ combination }) => combination['x']);
    for (const value of values) expect(selected(`x=${value}`)).toEqual([value]);
    expect(selected('x=a*b')).toEqual(['a\nb']);
    expect(selected('x=*=*')).toEqual(['k=v']);
  });

  test('refuse an unknown run, and a selection that leaves no run', () => {
    const refused = (hint: string, where?: string) => expect.objectContaining({ kind: 'usage', where, hint });
    expect(() => left({ ids: ['slwo'] })).toThrow('there is no run "slwo"');
    expect(() => left({ ids: ['slwo'] })).toThrow(refused('Did you mean slow?', '--run-ids'));
    const names = runs.map(({ name }) => name).join(', ');
    for (const pattern of ['n=3', 'n=', 'n', '', '=1', '=n=1', 'm=*', 'toString=*', 'n=1,fast']) {
      expect(() => left({ select: [pattern] })).toThrow('--select and --ignore leave no run');
      expect(() => left({ select: [pattern] })).toThrow(refused(`There are: ${names}.`));
    }
  });
});
