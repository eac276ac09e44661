import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { instanceFiles } from '../../../src/outputs/layout.ts';
import { MetricForward } from '../../../src/run/metrics/metric-forward.ts';
import { openFiles } from '../../support/open-files.ts';
import { tempDir } from '../../support/temp.ts';

test('leaves no file of an instance open if one of them cannot be followed', {
  tags: ['linux'],
}, async () => {
  const dir = await tempDir();
  const [whole, broken] = [join(dir, '0'), join(dir, '1')];
  for (const outputs of [whole, broken]) mkdirSync(outputs);
  mkdirSync(join(broken, instanceFiles.diagnostics));
  using forward = new MetricForward({ send: () => {} }, { runId: 'r', plan: 'p', testCase: 'c' });
  forward.follow({ group: 'single', index: 0 }, whole);
  expect(() => forward.follow({ group: 'single', index: 1 }, broken)).toThrow('it is a folder, not a file');
  // The first file of the broken instance was opened, too.
  expect(existsSync(join(broken, instanceFiles.results))).toBe(true);
  const ofInstances = openFiles().filter((path) => path?.startsWith(`${realpathSync(dir)}/`));
  expect(ofInstances.toSorted()).toEqual([
    join(realpathSync(whole), instanceFiles.diagnostics),
    join(realpathSync(whole), instanceFiles.results),
  ]);
});
