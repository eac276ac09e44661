import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readComposition } from '../../src/plan/composition/read.ts';
import { runsOf } from '../../src/plan/composition/runs.ts';
import { firstDefined, valuesOf } from '../../src/plan/resolve/layered-config.ts';
import { type Axis, expandMatrix, variedBy } from '../../src/plan/resolve/matrix.ts';
import type { RequestedRun } from '../../src/plan/resolve/requested.ts';
import { singleRun } from '../../src/plan/resolve/single.ts';
import { folderWith } from '../support/temp.ts';

const single = singleRun({
  ...{ builder: undefined, instances: 3, artifact: undefined, expect: 'success' },
  ...{ params: {}, profiles: {}, buildConfig: {}, selectors: [], dependencies: [] },
});

function axis(name: string, ...values: string[]): Axis {
  return { name, values, where: '--matrix' };
}

function countsOf({ groups }: RequestedRun): (number | undefined)[] {
  return groups.map(({ instances }) => instances?.value);
}

/** The runs of a composition with these groups, as TOML. */
async function composed(groups: string): Promise<RequestedRun[]> {
  const head = '[global]\nplan = "p"\ncase = "t"\ntotal_instances = 10\n';
  const folder = await folderWith({ 'c.toml': head + groups });
  const read = await readComposition(join(folder, 'c.toml'), {});
  return runsOf({ ...read, builder: undefined });
}

const group = (id: string, instances: string) => `[[groups]]\nid = "${id}"\ninstances = { ${instances} }\n`;

describe('a matrix over the number of instances', () => {
  test('replaces that of a single group, whatever its own', async () => {
    const runs = expandMatrix([single], [axis('instances', '1', '20')]);
    expect(runs.map(({ name }) => name)).toEqual(['default-instances=1', 'default-instances=20']);
    expect(runs.map(countsOf)).toEqual([[1], [20]]);
    expect(runs[1]?.groups[0]?.params).toEqual(single.groups[0]?.params);
    const [only] = expandMatrix(await composed(group('g', 'count = 10')), [axis('instances', '4')]);
    expect(only && countsOf(only)).toEqual([4]);
  });

  test('is shared among groups by their percentages', async () => {
    const groups = group('a', 'percentage = 0.2') + group('b', 'percentage = 0.8');
    const runs = expandMatrix(await composed(groups), [axis('instances', '5', '40')]);
    expect(runs.map(countsOf)).toEqual([
      [1, 4],
      [8, 32],
    ]);
  });

  test('is refused for groups with fixed numbers, and for what is no number of instances', async () => {
    const fixed = await composed(group('a', 'count = 5') + group('b', 'count = 5'));
    expect(() => expandMatrix(fixed, [axis('instances', '4')])).toThrow(
      'the groups have fixed numbers of instances',
    );
    for (const wrong of ['0', '1.5', '-1', 'many', ' 1'])
      expect(() => expandMatrix([single], [axis('instances', wrong)])).toThrow(
        `not a number of instances: ${JSON.stringify(wrong)}`,
      );
  });
});

describe('a matrix over run configuration', () => {
  test('adds a layer for each key below run', () => {
    const [first] = expandMatrix([single], [axis('run.timeout', '1m'), axis('run.sync', 'memory')]);
    expect(valuesOf(firstDefined(first?.runConfig ?? []))).toEqual({ timeout: '1m', sync: 'memory' });
    expect(first?.name).toBe('default-run.timeout=1m-run.sync=memory');
    expect(first?.groups).toEqual(single.groups);
  });
});

test('a parameter that the test case declares wins over another meaning of its name', () => {
  const declared = new Set(['instances', 'run.timeout']);
  expect(['instances', 'run.timeout', 'run.sync'].map((name) => variedBy(name, declared))).toEqual([
    ...['parameter', 'parameter', 'run'],
  ]);
  const [first] = expandMatrix([single], [axis('instances', '7')], declared);
  expect(first && countsOf(first)).toEqual([3]);
  expect(valuesOf(firstDefined(first?.groups[0]?.params ?? []))).toEqual({ instances: '7' });
});
