import { expect, test } from 'vitest';
import { single, someMachine, tg } from '../support/tg.ts';

test('a plan runs where there is no Redis, no InfluxDB, no Docker, nor anything else on PATH', async () => {
  const machine = await someMachine({ PATH: '/nowhere' });
  const run = await tg(machine, single('example', '-t', 'sync', '-i', '3', '--collect'));
  expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('3 instances: 3 success')]);
});
