import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { instanceFiles } from '../../../src/outputs/layout.ts';
import { PushedMetrics } from '../../../src/run/metrics/pushed-metrics.ts';
import { tempDir } from '../../support/temp.ts';

test('stores all points pushed before the instance ended, also those still queued, and refuses later ones', async () => {
  const dir = await tempDir();
  const warnings: string[] = [];
  const pushed = new PushedMetrics(dir, (text) => warnings.push(text));
  const adding = Promise.allSettled(['a v=1 1', 'b v=1 1', 'c v=1 1'].map((line) => pushed.add([line])));
  const finished = pushed.finish();
  await expect(pushed.add(['d v=1 1'])).rejects.toThrow('the instance has ended');
  await finished;
  expect((await adding).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  expect(readFileSync(join(dir, instanceFiles.metrics), 'utf8')).toBe('a v=1 1\nb v=1 1\nc v=1 1\n');
  expect(warnings).toEqual([]);
});
