import { join } from 'node:path';
import { expect } from 'vitest';
import { single, someMachine, tg } from './tg.ts';
import { toolchainEnv } from './toolchains.ts';

/**
 * Checks that a plan from a template builds and passes at once, with several instances that receive each other's
 * messages.
 */
export async function createsAndPasses(target: string): Promise<void> {
  const machine = await someMachine(toolchainEnv());
  const created = await tg(machine, ['plan', 'create', '-p', 'my-plan', '--target', target]);
  expect([created.code, created.stdout]).toEqual([
    0,
    `new test plan created under: ${join(machine.home, 'plans', 'my-plan')}\nrun it: tg run single --plan my-plan\n`,
  ]);
  const run = await tg(machine, single('my-plan', '-i', '3', '--tp', 'greeting=ahoy', '--strict'));
  expect([run.code, run.stderr]).toEqual([0, '']);
  expect(run.stdout.match(/3 instances: 3 success/)).not.toBeNull();
  expect(run.stdout.match(/(?:MESSAGE|OTHER) << single\[00\d\] >> heard "?ahoy/g)).toHaveLength(9);
}
