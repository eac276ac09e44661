import { once } from 'node:events';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { processesOf, root, watchdogsOf } from '../support/tg.ts';
import { until } from '../support/until.ts';

test('the watchdog of a tg that dies ends also what its launcher was just starting', async () => {
  const runId = `dying${process.pid}`;
  const program = join(root, 'test', 'os', 'dying-tg.ts');
  const tg = execa(process.execPath, ['--import', 'tsx', program, `TEST_RUN=${runId}`], { reject: false });
  await once(tg.stdout, 'data');
  await until(async () => (await watchdogsOf(runId)).length === 0);
  const left = await processesOf(runId);
  for (const pid of left) process.kill(Number(pid), 'SIGKILL');
  expect(left).toEqual([]);
  expect((await tg).signal).toBe('SIGKILL');
});
