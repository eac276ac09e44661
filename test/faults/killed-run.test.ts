import { expect, test } from 'vitest';
import { expectNothingLeft, fault } from '../support/faults.ts';
import { helpersOf, idOnceSaid, someMachine, startTg, tg } from '../support/tg.ts';
import { until } from '../support/until.ts';

test('status, tasks and why show a run whose tg was killed as interrupted', async () => {
  const machine = await someMachine();
  const run = startTg(machine, fault('stays', '-i', '1'));
  const runId = await idOnceSaid(run, 'I stay');
  run.kill('SIGKILL');
  await run;
  await until(async () => (await helpersOf(runId)).length === 0);
  await expectNothingLeft(machine, runId);
  for (const [command = '', words] of [
    ['status', /^Status:\t\tinterrupted$/m],
    ['tasks', new RegExp(`^${runId} .* interrupted `, 'm')],
    ['why', /: interrupted, outcome unknown/],
  ] as const)
    expect((await tg(machine, [command])).stdout).toMatch(words);
});
