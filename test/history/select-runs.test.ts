import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { selectRunDir } from '../../src/history/select-runs.ts';
import type { Home } from '../../src/os/home.ts';
import { tempDir } from '../support/temp.ts';

const ids = ['00d24aaaaaaaaaaaaaaa', '00d24bbbbbbbbbbbbbbb', '00d24bbbbbcccccccccc', '00d24ddddddddddddddd'];

/** A home with a run for each ID. */
async function homeWith(runs: readonly string[]): Promise<Home> {
  const outputs = await tempDir();
  for (const id of runs) {
    mkdirSync(join(outputs, 'plan', id), { recursive: true });
    writeFileSync(join(outputs, 'plan', id, 'journal.ndjson'), '');
  }
  return { root: outputs, outputs, series: join(outputs, 'series') } as Home;
}

test.each([
  ['latest', 3],
  ['latest~0', 3],
  ['latest~1', 2],
  ['latest~3', 0],
  ['00d24aaaaaaaaaaaaaaa', 0],
  ['00d24a', 0],
  ['00d24bbbbbc', 2],
])('finds a run by %s', async (asked, place) => {
  const home = await homeWith(ids);
  expect(await selectRunDir(home, asked)).toBe(join(home.outputs, 'plan', ids[place] ?? ''));
});

test('names the latest runs with a beginning that several have', async () => {
  const problem = await selectRunDir(await homeWith(ids), '00d24bbbbb').catch((error: Error) => error);
  expect(problem).toMatchObject({
    message: '2 runs have an ID that begins with "00d24bbbbb"',
    hint: 'The latest of them: 00d24bbbbbcccccccccc, 00d24bbbbbbbbbbbbbbb.',
  });
});

test.each(['latest~4', 'latest~', 'latest~-1', 'latest~x', '00d24', '00d24e'])(
  'finds no run by %s',
  async (asked) => {
    await expect(selectRunDir(await homeWith(ids), asked)).rejects.toThrow(
      `no run has the ID or label "${asked}"`,
    );
  },
);

test.each(['../plan/00d24a', './nothing', 'nothing.tgz'])('finds nothing at the path %s', async (asked) => {
  await expect(selectRunDir(await homeWith(ids), asked)).rejects.toThrow('there is no such file or folder');
});

test('says what a path must be that is there', async () => {
  const folder = await tempDir();
  await expect(selectRunDir(await homeWith(ids), folder)).rejects.toThrow(
    'this is neither the folder of a run nor its archive',
  );
});

test('property: each run is found by its ID, and by any beginning that no other run has', async () => {
  const letter = fc.constantFrom(...'0129abv');
  const id = fc.array(letter, { minLength: 20, maxLength: 20 }).map((all) => all.join(''));
  const runs = fc.uniqueArray(id, { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({ min: 6, max: 20 }), async (all, length) => {
      const home = await homeWith(all);
      for (const one of all) {
        const beginning = one.slice(0, length);
        const same = all.filter((other) => other.startsWith(beginning));
        const found = await selectRunDir(home, beginning).catch(() => undefined);
        expect(found).toBe(same.length === 1 ? join(home.outputs, 'plan', one) : undefined);
      }
    }),
    { numRuns: 50 },
  );
});
