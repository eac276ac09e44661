import { expect, test } from 'vitest';
import { single, someMachine, tg } from '../support/tg.ts';

test('runs and collects a plan with nothing on PATH: no Redis, no InfluxDB, no Docker', async () => {
  const machine = await someMachine({ PATH: '/nowhere' });
  const run = await tg(machine, single('example', '-t', 'sync', '-i', '3', '--collect'));
  expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('3 instances: 3 success')]);
});
