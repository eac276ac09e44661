import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { expectOnFirstScreen, machineOfCi } from '../support/first-screen.ts';
import { describeWith } from '../support/needs.ts';
import { someRedis } from '../support/redis.ts';
import { ended, onceSaid, single, startTg } from '../support/tg.ts';

const plan = fileURLToPath(new URL('../support/failures', import.meta.url));

describeWith('redis', 'a run of fifty instances', () => {
  test('whose Redis goes away has that as its cause, and not what instances say about it', async () => {
    const redis = await someRedis();
    const machine = await machineOfCi();
    const run = startTg(machine, single(plan, '-t', 'victim', '--redis', redis.url));
    await onceSaid(run, 'the victim is');
    await redis[Symbol.asyncDispose]();
    const lost = ended(await run);
    expect(lost.code).toBe(5);
    await expectOnFirstScreen(machine, lost, /the sync store, Redis at redis:\S+, went away/);
  });
});
