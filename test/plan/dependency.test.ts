import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readDependency } from '../../src/plan/resolve/dependency.ts';
import { folderWith } from '../support/temp.ts';

test.each([
  ['a.b/c=d.e/f@v1.2.3', { module: 'a.b/c', target: 'd.e/f', version: 'v1.2.3' }],
  ['a.b/c=@master', { module: 'a.b/c', target: undefined, version: 'master' }],
])('%s is read as a dependency', (text, dependency) => {
  expect(readDependency(text, '--dep', '/')).toEqual(dependency);
});

test('a folder is read by its relative or absolute path', async () => {
  const root = await folderWith({ 'here/lib/go.mod': '' });
  const dependency = { module: 'm', target: join(root, 'here', 'lib'), version: undefined };
  for (const path of ['./lib', join(root, 'here', 'lib'), '../here/lib'])
    expect(readDependency(`m=${path}`, '--dep', join(root, 'here'))).toEqual(dependency);
});

test.each(['m', 'm=', '=x@v1', 'm=x', 'm=x@', 'm=x@v1@v2'])('%s is refused as a dependency', (text) => {
  expect(() => readDependency(text, '--dep', '/')).toThrow(
    expect.objectContaining({
      where: '--dep',
      message: `cannot be read as a dependency: "${text}"`,
      hint: expect.stringMatching(/^Write module=target@version/),
    }),
  );
});

test('a dependency on a folder that does not exist is refused', () => {
  expect(() => readDependency('m=./nowhere', '--dep', '/')).toThrow(
    expect.objectContaining({ where: '--dep', message: 'there is no folder /nowhere' }),
  );
});
