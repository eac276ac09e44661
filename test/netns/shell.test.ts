import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inNetns, netPlan } from '../support/netns.ts';
import { ended, idOnceSaid, onceSaid, resultOf, someMachine, startTg, tg } from '../support/tg.ts';
import { giveAway, unprivilegedTg } from '../support/unprivileged.ts';
import { until } from '../support/until.ts';

const stay = 'say("here", ...addresses()); await new Promise(() => setInterval(() => {}, 1000));';

describe('tg net shell', { tags: ['networks'] }, () => {
  test('runs a command in the network of an active instance, and says how it ended', async () => {
    const machine = await someMachine();
    const run = startTg(machine, inNetns(await netPlan(stay), 2));
    const runId = await idOnceSaid(run, 'single[000] >> here', 'single[001] >> here');
    const shell = async (...args: readonly string[]) => await tg(machine, ['net', 'shell', ...args]);
    const inside = `
      const { networkInterfaces, hostname } = require('node:os');
      const { readFileSync } = require('node:fs');
      console.log(networkInterfaces().eth1[0].address, readFileSync('/etc/hosts', 'utf8').includes(hostname()));`;
    for (const [index, address] of ['16.0.0.2', '16.0.0.3'].entries()) {
      const seen = await shell(runId, `single[${index}]`, '--', process.execPath, '-e', inside);
      expect(seen).toMatchObject({ code: 0, stdout: `${address} true\n` });
    }
    expect(await shell(runId, 'single[0]', '--', 'sh', '-c', 'exit 3')).toMatchObject({ code: 1 });
    const stays = ['sh', '-c', 'echo is in; exec sleep 1000'];
    const lasting = startTg(machine, ['net', 'shell', runId, 'single[0]', '--', ...stays]);
    await onceSaid(lasting, 'is in');
    lasting.kill('SIGTERM');
    expect(ended(await lasting).code).toBe(143);
    expect(await shell(runId, 'single', 'true')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"single" is 2 instances of the run'),
    });
    run.kill('SIGINT');
    expect(ended(await run).code).toBe(130);
    expect((await resultOf(machine, runId)).outcome).toBe('canceled');
    expect(await shell(runId, 'single[0]', 'true')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('its networks have ended with it'),
    });
  });

  test('says that instances of local:exec have no networks of their own', async () => {
    const machine = await someMachine();
    const run = startTg(machine, inNetns(await netPlan(stay), 1, '--runner', 'local:exec'));
    const runId = await idOnceSaid(run, 'single[000] >> here');
    expect(await tg(machine, ['net', 'shell', runId, 'single[0]', 'true'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('instances of local:exec have no networks of their own'),
    });
    run.kill('SIGINT');
    await run;
  });

  test('works for a user who is not root', { tags: ['setpriv', 'userNamespace'] }, async () => {
    const machine = await someMachine();
    const file = join(machine.cwd, 'came-in');
    const plan = await netPlan(`
      const { existsSync } = await import('node:fs');
      while (!existsSync(${JSON.stringify(file)})) await new Promise((resolve) => setTimeout(resolve, 10));
    `);
    await giveAway(dirname(machine.cwd), plan);
    const run = unprivilegedTg(machine, inNetns(plan, 1));
    const comeIn = `grep -q eth1 /proc/net/dev && touch ${file}`;
    const shell = ['net', 'shell', 'latest', 'single[0]', '--', 'sh', '-c', comeIn];
    await until(async () => (await unprivilegedTg(machine, shell)).code === 0);
    const { code, stdout } = await run;
    expect(code, stdout).toBe(0);
  });
});
