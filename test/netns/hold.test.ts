import { dirname } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { inNetns, netPlan } from '../support/netns.ts';
import { anotherUser } from '../support/parts.ts';
import { ended, onceSaid, someMachine, startTg } from '../support/tg.ts';
import { giveAway, startUnprivilegedTg } from '../support/unprivileged.ts';

/** Meets the other instance over the data network. */
const meet = `
  const server = net.createServer().listen(7001, '0.0.0.0');
  await sync.publish('addresses', addresses()[0].split('/')[0]);
  await all();
  const answers = [];
  for await (const address of sync.subscribe('addresses'))
    if (answers.push(await connect(address, 7001)) === total) break;
  await all();
  server.close();
  const { readFileSync } = await import('node:fs');
  say('met', addresses(), answers, os.hostname() === process.env.HOSTNAME, process.cwd().endsWith('/1/work'));
`;
const met = '["connected","connected"] true';

describe('--hold with local:netns', { tags: ['networks'] }, () => {
  test('the script starts the instance in its own networks', async () => {
    const args = inNetns(await netPlan(meet), 2, '--hold', 'single[1]');
    const run = startTg(await someMachine(), args);
    const said = await onceSaid(run, 'only sets its environment');
    const script = /(\/\S+run\.sh) /.exec(said)?.[1] ?? '';
    expect((await execa('sh', [script], { reject: false })).exitCode).toBe(0);
    const { code, stdout } = ended(await run);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(`single[000] >> met ["16.0.0.2/16"] ${met} false\n`);
    expect(stdout).toContain(`single[001] >> met ["16.0.0.3/16"] ${met} true\n`);
  });

  test('what is run instead is in its networks, too, and its status counts', async () => {
    const run = startTg(await someMachine(), inNetns(await netPlan(''), 1, '--hold', '0'));
    const said = await onceSaid(run, 'only sets its environment');
    const script = /(\/\S+run\.sh) /.exec(said)?.[1] ?? '';
    const instead = 'grep -c eth1 /proc/net/dev; grep -c testground-sync-service /etc/hosts; pwd; exit 4';
    const { stdout } = await execa('sh', [script, 'sh', '-c', instead], { reject: false });
    expect(stdout).toMatch(/^1\n1\n\/\S+\/work$/);
    expect(ended(await run)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('exited with status 4'),
    });
  });

  test('the command that is shown enters them, with the environment of env.sh', async () => {
    const run = startTg(await someMachine(), inNetns(await netPlan(meet), 2, '--hold', 'single[1]'));
    const said = await onceSaid(run, 'only sets its environment');
    const environment = /\. (\/\S+env\.sh)/.exec(said)?.[1] ?? '';
    const command = /starts it: (.*)/.exec(said)?.[1] ?? '';
    const started = await execa('sh', ['-c', `. "${environment}"; ${command}`]);
    expect(JSON.stringify(started.stdout)).toContain('16.0.0.3/16');
    // As with local:exec, its output is not captured: how it ended is known by its SDK's own file only.
    const { code, stdout } = ended(await run);
    expect([code, stdout]).toEqual([
      6,
      expect.stringContaining(`single[000] >> met ["16.0.0.2/16"] ${met} false\n`),
    ]);
  });

  test('works for a user who is not root', { tags: ['setpriv', 'userNamespace'] }, async () => {
    const machine = await someMachine();
    const plan = await netPlan(meet);
    await giveAway(dirname(machine.cwd), plan);
    const run = startUnprivilegedTg(machine, inNetns(plan, 2, '--hold', 'single[1]'));
    const said = await onceSaid(run, 'only sets its environment');
    const script = /(\/\S+run\.sh) /.exec(said)?.[1] ?? '';
    const asThatUser = process.getuid?.() === 0 ? ['setpriv', ...anotherUser] : [];
    const [program = '', ...rest] = [...asThatUser, 'sh', script];
    expect((await execa(program, rest, { reject: false })).stderr).toBe('');
    const { code, stdout } = ended(await run);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(`single[001] >> met ["16.0.0.3/16"] ${met} true\n`);
  });
});
