import { mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { instanceFiles } from '../../../src/outputs/layout.ts';
import { MetricForward } from '../../../src/run/metrics/metric-forward.ts';
import { tempDir } from '../../support/temp.ts';

function openFiles(): (string | undefined)[] {
  return readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The descriptor of this listing.
      return undefined;
    }
  });
}

test('leaves no file of an instance open if one of them cannot be followed', {
  tags: ['linux'],
}, async () => {
  const dir = await tempDir();
  mkdirSync(join(dir, instanceFiles.diagnostics));
  using forward = new MetricForward({ send: () => {} }, { runId: 'r', plan: 'p', testCase: 'c' });
  expect(() => forward.follow({ group: 'single', index: 0 }, dir)).toThrow('it is a folder, not a file');
  expect(openFiles()).not.toContain(join(dir, instanceFiles.results));
});
