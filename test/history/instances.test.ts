import { expect, test } from 'vitest';
import { instancesOf } from '../../src/history/instances.ts';

const groups = [
  { id: 'a', instances: 3 },
  { id: '1', instances: 2 },
];
const tagsOf = (asked: readonly string[]) =>
  instancesOf({ groups }, asked).map(({ group, index }) => `${group}/${index}`);

test.each([
  ['all instances if none is named', [], ['a/0', 'a/1', 'a/2', '1/0', '1/1']],
  ['one instance of a group', ['a[001]'], ['a/1']],
  ['for a number, this index of every group and the group of this name', ['1'], ['a/1', '1/0', '1/1']],
  ['several, each once, in the order of the run', ['1[0]', 'a', 'a[2]', 'a'], ['a/0', 'a/1', 'a/2', '1/0']],
])('selects %s', (_, asked, tags) => {
  expect(tagsOf(asked)).toEqual(tags);
});

test.each(['b', 'a[3]', '7'])('refuses "%s", which is no instance of the run', (asked) => {
  expect(() => tagsOf([asked])).toThrow(`the run has no instance "${asked}"`);
});
