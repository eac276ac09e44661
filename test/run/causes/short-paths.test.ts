import { expect, test } from 'vitest';
import { ownTempFolders, tempParent } from '../../../src/os/temp-folder.ts';
import { shortPaths } from '../../../src/run/causes/short-paths.ts';

const instance = { group: 'single', index: 3 };
const workDir = `${ownTempFolders(tempParent())}run-x/single/3/work`;

test.each([
  ['at file:///plan/index.mjs:1:2', 'at index.mjs:1:2'],
  ['\t/plan/main.go:12 (/plan/main.go)', '\tmain.go:12 (main.go)'],
  [`File "${workDir}/main.py", line 5`, 'File "main.py", line 5'],
  [`at file://${workDir}/index.mjs:1`, 'at index.mjs:1'],
  ['File "/elsewhere/single/3/work/main.py"', 'File "/elsewhere/single/3/work/main.py"'],
  [`File "${workDir.replace('/3/', '/4/')}/main.py"`, `File "${workDir.replace('/3/', '/4/')}/main.py"`],
])('shortens %j to %j', (line, expected) => {
  expect(shortPaths(line, '/plan', instance)).toBe(expected);
});
