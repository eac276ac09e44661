import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { listWork } from '../../src/builders/store/kept-work.ts';
import { partialPathOf } from '../../src/os/atomic-write.ts';
import { someHome } from '../support/build-in-process.ts';

test('listWork finds the partial list of inputs of a killed tg as unfinished, and no foreign .partial file', async () => {
  const home = await someHome();
  const left = partialPathOf(join(home.work, 'exec-go--p-0123456789ab.inputs.json'));
  await writeFile(left, '{"ver');
  await writeFile(join(home.work, '.mine.partial'), '');
  const found = (await listWork(home)).map(({ name, kind }) => [name, kind]);
  expect(found).toEqual([[basename(left), 'unfinished']]);
});
