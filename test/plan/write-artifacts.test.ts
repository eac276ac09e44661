import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkWritable, writeArtifacts } from '../../src/plan/composition/write-artifacts.ts';
import { folderWith } from '../support/temp.ts';

async function written(text: string, keys: Readonly<Record<string, string>>): Promise<string> {
  const file = join(await folderWith({ 'c.toml': text }), 'c.toml');
  await writeArtifacts(file, new Map(Object.entries(keys)));
  return await readFile(file, 'utf8');
}

test.each([
  ['a group without a run', '[[groups]]\nid = "a"\n', '[[groups]]\nid = "a"\n[groups.run]\nartifact = "k"\n'],
  ['no newline at the end', '[[groups]]\nid = "a"', '[[groups]]\nid = "a"\n[groups.run]\nartifact = "k"\n'],
  [
    'a run without an artifact',
    '[[groups]]\nid = "a"\n[groups.run] # how\n[groups.run.test_params]\nx = 1\n',
    '[[groups]]\nid = "a"\n[groups.run] # how\nartifact = "k"\n[groups.run.test_params]\nx = 1\n',
  ],
  [
    'a run with parameters only',
    '[[groups]]\nid = "a"\n[groups.run.test_params]\nx = 1\n',
    '[[groups]]\nid = "a"\n[groups.run.test_params]\nx = 1\n[groups.run]\nartifact = "k"\n',
  ],
  [
    'an earlier artifact',
    '[[groups]]\nid = "a"\n[groups.run]\n  artifact = \'old\' # built\n',
    '[[groups]]\nid = "a"\n[groups.run]\n  artifact = "k" # built\n',
  ],
  [
    'groups and comments that follow',
    '# top\n[[groups]]\nid = "a"\n\n# of b\n[[groups]]\nid = "b"\n\n# the end\n[global]\nplan = "p"\n',
    '# top\n[[groups]]\nid = "a"\n[groups.run]\nartifact = "k"\n\n# of b\n[[groups]]\nid = "b"\n\n# the end\n[global]\nplan = "p"\n',
  ],
])('the artifact is written and nothing else changes: %s', async (_, before, after) => {
  const file = join(await folderWith({ 'c.toml': before }), 'c.toml');
  await expect(checkWritable(file)).resolves.toBeUndefined();
  expect(await written(before, { a: 'k' })).toBe(after);
  expect(await written(after, { a: 'k' })).toBe(after);
});

test('each group gets its own artifact', async () => {
  const text = '[[groups]]\nid = "a"\n[[groups]]\nid = "b"\n[groups.run]\nartifact = "x"\n';
  expect(await written(text, { a: 'one', b: 'two' })).toBe(
    '[[groups]]\nid = "a"\n[groups.run]\nartifact = "one"\n[[groups]]\nid = "b"\n[groups.run]\nartifact = "two"\n',
  );
});

test.each([
  ['an inline table', '[[groups]]\nid = "a"\nrun = { test_params = { x = 1 } }\n'],
  ['an inline list', 'groups = [{ id = "a" }]\n'],
  ['keys in another case', '[[Groups]]\nid = "a"\n'],
  ['an ID in another case', '[[groups]]\nID = "a"\n'],
  ['a run in another case', '[[groups]]\nid = "a"\n[groups.Run]\ntest_params = { x = "1" }\n'],
  [
    'a string that looks like a group, before a group that has its artifact',
    'note = """\n[[groups]]\n"""\n[[groups]]\nid = "a"\n[groups.run]\nartifact = "k"\n',
  ],
  ['a string that looks like a group', 'note = """\n[[groups]]\n"""\n[[groups]]\nid = "a"\n'],
])('a file with %s is refused and left unchanged', async (_, text) => {
  const file = join(await folderWith({ 'c.toml': text }), 'c.toml');
  await expect(checkWritable(file)).rejects.toMatchObject({
    message: 'artifacts cannot be written into this file',
    where: file,
  });
  await expect(writeArtifacts(file, new Map([['a', 'k']]))).rejects.toMatchObject({
    kind: 'usage',
    message: 'the artifacts cannot be written into this file',
    where: file,
    hint: 'Write them under [groups.run] of each group yourself:\na: artifact = "k"',
  });
  expect(await readFile(file, 'utf8')).toBe(text);
});
