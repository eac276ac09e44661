import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { sdkPlanWith } from '../support/plans.ts';
import { ended, root, single, someMachine, verdictsOf } from '../support/tg.ts';

test('an instance fails if tg has no open file left to accept its connection; the other one passes', {
  tags: ['linux'],
}, async () => {
  const plan = await sdkPlanWith(
    `await init.syncClient.signalAndWait('begun', 2);
       const { connect } = await import('node:net');
       const { SYNC_SERVICE_HOST: host, SYNC_SERVICE_PORT: port } = process.env;
       const closed = () => new Promise((resolve) => connect(Number(port), host).on('error', () => {}).on('close', resolve).resume());
       if (init.globalSeq === 1) {
         // As many as it may open itself: tg has some files more of its own, and closes one when it has no other.
         await Promise.race(Array.from({ length: 95 }, closed));
         await init.syncClient.signalEntry('none is left');
         return await init.syncClient.barrier('seen', 1);
       }
       await init.syncClient.barrier('none is left', 1);
       await closed();
       await init.syncClient.signalEntry('seen');
       throw new Error('cut off');`,
  );
  const machine = await someMachine();
  const { cwd, env } = machine;
  const command = [process.execPath, join(root, 'bin', 'tg.js'), ...single(plan, '-i', '2')];
  const { code, runId } = ended(
    await execa('prlimit', ['--nofile=128:128', ...command], { cwd, env, extendEnv: false, reject: false }),
  );
  expect([code, (await verdictsOf(machine, runId)).sort()]).toEqual([
    1,
    ['failed: cut off', 'success: reported success and exited with status 0'],
  ]);
});
