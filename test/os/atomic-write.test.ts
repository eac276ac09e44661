import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { createFolderAtomically } from '../../src/os/atomic-folder.ts';
import {
  createAtomically,
  intoPartial,
  partialPathOf,
  writeNewAtomically,
} from '../../src/os/atomic-write.ts';
import { tempDir } from '../support/temp.ts';

test('removes partial files of an earlier boot, and keeps those of other hosts and of this process', async () => {
  const dir = await tempDir();
  const target = join(dir, 'a.txt');
  const [head = '', ...mark] = basename(partialPathOf(target)).split('-');
  const [ticks, place, boot, random] = mark;
  const before = [head, ticks, place, '00000000', random].join('-');
  const elsewhere = [head, ticks, '00000000', boot, random].join('-');
  const own = [head, ticks, place, boot, random].join('-');
  for (const name of [before, elsewhere, own]) writeFileSync(join(dir, name), '');
  await writeNewAtomically(target, 'text');
  expect(readdirSync(dir).sort()).toEqual([elsewhere, own, 'a.txt'].sort());
  expect(readFileSync(target, 'utf8')).toBe('text');
});

test.each([10, 60, 230])(
  'creates a folder whose name has %i characters, and removes a partial one of an earlier boot',
  async (length) => {
    const dir = await tempDir();
    const name = 'x'.repeat(length);
    const left = basename(partialPathOf(join(dir, name))).replace(
      /-[0-9a-f]{8}(?=-[0-9a-f]{4}\.partial$)/,
      '-00000000',
    );
    writeFileSync(join(dir, left), '');
    expect(await createFolderAtomically(join(dir, name), dir, async () => {})).toBe(true);
    expect(readdirSync(dir)).toEqual([name]);
  },
);

test('does not create a partial file again that was removed', async () => {
  const dir = await tempDir();
  const write = async (partial: string) => {
    rmSync(partial);
    await writeFile(partial, 'text', { flag: intoPartial });
  };
  await expect(createAtomically(join(dir, 'a.txt'), write)).rejects.toThrow('ENOENT');
  expect(readdirSync(dir)).toEqual([]);
});
