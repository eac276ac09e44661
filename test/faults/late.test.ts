import { expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { single, someMachine, tg, verdictsOf } from '../support/tg.ts';

test('what a daemon says after the end of its instance, over the stdout of that, changes no verdict', {
  tags: ['linux'],
}, async () => {
  const machine = await someMachine();
  const said = (event: string) => `echo '{"ts":1,"event":{"${event}":{"group":"single"}}}'`;
  // An instance has ended for tg when its run.out is there. The other one keeps the run going until then.
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
