import { expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { single, someMachine, tg, verdictsOf } from '../support/tg.ts';

test('a daemon that writes to the stdout of its instance after the instance ended changes no verdict', {
  tags: ['linux'],
}, async () => {
  const machine = await someMachine();
  const said = (event: string) => `echo '{"ts":1,"event":{"${event}":{"group":"single"}}}'`;
  // tg creates run.out when an instance has ended. The other instance keeps the run going until the daemon has written.
  const script = `until [ -e "$TEST_OUTPUTS_PATH/run.out" ]; do sleep 0.01; done; ${said('failure_event')}; touch "$TEST_OUTPUTS_PATH/late"; exec sleep 600`;
  const plan = await planWith(
    `import { spawn } from 'node:child_process'; import { existsSync } from 'node:fs';
       console.log('{"ts":1,"event":{"success_event":{"group":"single"}}}');
       const outputs = process.env.TEST_OUTPUTS_PATH;
       if (outputs.endsWith('0')) spawn('sh', ['-c', ${JSON.stringify(script)}], { stdio: 'inherit', detached: true }).unref();
       else while (!existsSync(outputs + '/../0/late')) await new Promise(setImmediate);`,
  );
  const run = await tg(machine, single(plan, '-i', '2', '--timeout', '50s'));
  const passed = 'success: reported success and exited with status 0';
  expect([run.code, ...(await verdictsOf(machine, run.runId))]).toEqual([0, passed, passed]);
});
