import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readParquet, writeParquet } from '../../src/metrics/parquet.ts';
import type { Sample } from '../../src/metrics/sample.ts';
import { tempDir } from '../support/temp.ts';
import { anySample, given, sample } from './samples.ts';

async function read(file: string): Promise<Sample[]> {
  const all: Sample[] = [];
  for await (const some of readParquet(file)) all.push(...some);
  return all;
}

test('property: reads back samples as written, in order and to the nanosecond', async () => {
  const file = join(await tempDir(), 'm.parquet');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(anySample, { maxLength: 5 }), { maxLength: 5 }), async (batches) => {
      const all = batches.flat();
      const rows = await writeParquet(file, given(...batches));
      expect(rows).toBe(all.flatMap(({ measures }) => Object.keys(measures)).length);
      if (rows > 0) expect(await read(file)).toEqual(all);
    }),
    { numRuns: 50 },
  );
});

test('keeps two samples with the same time and values apart', async () => {
  const file = join(await tempDir(), 'm.parquet');
  const twice = [sample({ measures: { value: 1 } }), sample({ measures: { value: 1 } })];
  await writeParquet(file, given(twice));
  expect(await read(file)).toEqual(twice);
});

test('reads a sample whose measures span two row groups as one', async () => {
  const file = join(await tempDir(), 'm.parquet');
  const many = Array.from({ length: 66_667 }, (_, index) =>
    sample({ ns: BigInt(index), measures: { count: index, mean: 1, max: 2 } }),
  );
  await writeParquet(file, given(many));
  const back = await read(file);
  expect([back.length, back[33_333]]).toEqual([many.length, many[33_333]]);
});

test('leaves no file if writing fails or there are no samples', async () => {
  const dir = await tempDir();
  async function* breaks() {
    yield [sample({ measures: { value: 1 } })];
    throw new Error('it breaks');
  }
  await expect(writeParquet(join(dir, 'm.parquet'), breaks())).rejects.toThrow('it breaks');
  expect(await writeParquet(join(dir, 'm.parquet'), given())).toBe(0);
  expect([existsSync(join(dir, 'm.parquet')), readdirSync(dir)]).toEqual([false, []]);
});
