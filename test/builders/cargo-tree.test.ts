import { readdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { array, assert, asyncProperty, constantFrom, record } from 'fast-check';
import { expect, test } from 'vitest';
import { mirror } from '../../src/builders/cargo/link-tree.ts';
import { snapshot } from '../support/builds.ts';
import { folderWith, tempDir } from '../support/temp.ts';

const folders = ['a', 'a/b', 'a/b/c', 'd', 'd/e'];

test('property: a mirrored tree shows its originals, whatever it held before, and leaves them unchanged', async () => {
  const root = await folderWith(Object.fromEntries(folders.map((name) => [`${name}/file`, name])));
  const tree = await tempDir();
  const lock = join(await tempDir(), 'lock');
  const before = snapshot(root);
  const choice = record({ first: constantFrom(...folders), second: constantFrom(...folders) });
  await assert(
    asyncProperty(array(choice, { minLength: 1, maxLength: 4 }), async (choices) => {
      for (const { first, second } of choices) {
        const own = [join(root, first), join(root, second)];
        const instead = { file: join(root, first, 'Cargo.lock'), by: lock };
        await mirror(tree, { folders: own, instead, except: tree });
        for (const name of folders) expect(await readFile(join(tree, root, name, 'file'), 'utf8')).toBe(name);
        await writeFile(join(tree, root, first, 'Cargo.lock'), first);
        expect(await readFile(lock, 'utf8')).toBe(first);
        await mkdir(join(tree, root, second, 'made'), { recursive: true });
      }
      expect(snapshot(root)).toEqual(before);
    }),
    { numRuns: 8 },
  );
});

test('mirroring a tree again adds folders that appeared, and drops those that vanished, beside the originals', async () => {
  const root = await folderWith({ 'plan/a': 'a', 'beside/b': 'b' });
  const tree = await tempDir();
  const request = {
    folders: [join(root, 'plan')],
    instead: { file: join(root, 'plan/Cargo.lock'), by: join(tree, 'lock') },
    except: tree,
  };
  await mirror(tree, request);
  await rm(join(root, 'beside'), { recursive: true });
  await mkdir(join(root, 'new'));
  await writeFile(join(root, 'new/c'), 'c');
  await mirror(tree, request);
  expect(readdirSync(join(tree, root))).toEqual(['new', 'plan']);
  expect(await readFile(join(tree, root, 'new/c'), 'utf8')).toBe('c');
});
