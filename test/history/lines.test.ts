import { expect, test } from 'vitest';
import { linesOf } from '../../src/history/lines.ts';
import { folderWith } from '../support/temp.ts';

const history = { began: 0, endedAt: new Map<string, number>(), notices: [] };

test('lets other tasks run while it reads the lines of a run', async () => {
  const lines = 5_000;
  const dir = await folderWith({ 'single/0/run.out': 'a line\n'.repeat(lines) });
  let turnAfter = 0;
  let read = 0;
  for await (const _ of linesOf(dir, [{ group: 'single', index: 0 }], history)) {
    if (++read === 1)
      setImmediate(() => {
        turnAfter = read;
      });
  }
  expect(read).toBe(lines);
  expect(turnAfter).toBeGreaterThan(0);
  expect(turnAfter).toBeLessThan(lines);
});
