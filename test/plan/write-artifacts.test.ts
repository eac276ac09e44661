import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeArtifacts } from '../../src/plan/composition/write-artifacts.ts';
import { folderWith } from '../support/temp.ts';

async function written(text: string, keys: Readonly<Record<string, string>>): Promise<string> {
  const file = join(await folderWith({ 'c.toml': text }), 'c.toml');
  await writeArtifacts(file, new Map(Object.entries(keys)));
  return await readFile(file, 'utf8');
}

test.each([
  ['no run yet', '[[groups]]\nid = "a"\n', '[[groups]]\nid = "a"\n[groups.run]\nartifact = "k"\n'],
  ['no end of the last line', '[[groups]]\nid = "a"', '[[groups]]\nid = "a"\n[groups.run]\nartifact = "k"\n'],
  [
    'a run without an artifact',
    '[[groups]]\nid = "a"\n[groups.run] # how\n[groups.run.test_params]\nx = 1\n',
    '[[groups]]\nid = "a"\n[groups.run] # how\nartifact = "k"\n[groups.run.test_params]\nx = 1\n',
  ],
  [
    'parameters only',
    '[[groups]]\nid = "a"\n[groups.run.test_params]\nx = 1\n',
    '[[groups]]\nid = "a"\n[groups.run.test_params]\nx = 1\n[groups.run]\nartifact = "k"\n',
  ],
  [
    'an artifact from before',
    '[[groups]]\nid = "a"\n[groups.run]\n  artifact = \'old\' # built\n',
    '[[groups]]\nid = "a"\n[groups.run]\n  artifact = "k" # built\n',
  ],
  [
    'what follows',
    '# top\n[[groups]]\nid = "a"\n\n# of b\n[[groups]]\nid = "b"\n\n# the end\n[global]\nplan = "p"\n',
    '# top\n[[groups]]\nid = "a"\n[groups.run]\nartifact = "k"\n\n# of b\n[[groups]]\nid = "b"\n\n# the end\n[global]\nplan = "p"\n',
  ],
])('%s: nothing else changes', async (_, before, after) => {
  expect(await written(before, { a: 'k' })).toBe(after);
  expect(await written(after, { a: 'k' })).toBe(after);
});

test('every group gets its own', async () => {
  const text = '[[groups]]\nid = "a"\n[[groups]]\nid = "b"\n[groups.run]\nartifact = "x"\n';
  expect(await written(text, { a: 'one', b: 'two' })).toBe(
    '[[groups]]\nid = "a"\n[groups.run]\nartifact = "one"\n[[groups]]\nid = "b"\n[groups.run]\nartifact = "two"\n',
  );
});

test.each([
  ['an inline table', '[[groups]]\nid = "a"\nrun = { test_params = { x = 1 } }\n'],
  ['an inline list', 'groups = [{ id = "a" }]\n'],
  ['names in another case', '[[Groups]]\nid = "a"\n'],
  ['an ID in another case', '[[groups]]\nID = "a"\n'],
  ['a run in another case', '[[groups]]\nid = "a"\n[groups.Run]\ntest_params = { x = "1" }\n'],
  [
    'a text that looks like a group, before one that has its artifact',
    'note = """\n[[groups]]\n"""\n[[groups]]\nid = "a"\n[groups.run]\nartifact = "k"\n',
  ],
  ['a text that looks like a group', 'note = """\n[[groups]]\n"""\n[[groups]]\nid = "a"\n'],
])('%s is left alone, with what to write', async (_, text) => {
  const file = join(await folderWith({ 'c.toml': text }), 'c.toml');
  await expect(writeArtifacts(file, new Map([['a', 'k']]))).rejects.toThrow(
    'cannot be written into this file',
  );
  expect(await readFile(file, 'utf8')).toBe(text);
});
