import { symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { below, isGone } from '../support/descendants.ts';
import { inNetns, netPlan } from '../support/netns.ts';
import { outsideAddress, withOutside } from '../support/outside.ts';
import { anotherUser } from '../support/parts.ts';
import { tempDir } from '../support/temp.ts';
import { ended, onceSaid, someMachine, startTg, tg } from '../support/tg.ts';
import { giveAway } from '../support/unprivileged.ts';
import { until } from '../support/until.ts';

/** Fetches a page before the network is open, while it is, and after that. */
const fetchPages = `
  const { get } = await import('node:http');
  const page = (url) => new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 5000 }, (answer) => answer.on('data', (data) => resolve(String(data))));
    request.on('error', ({ code }) => resolve(code)).on('timeout', () => resolve('timeout'));
  });
  const byAddress = 'http://${outsideAddress}/';
  say('before', await page(byAddress));
  await ask({ routingPolicy: 'allow_all' });
  say('open', await page(byAddress), 'and', await page('http://example.test/'), addresses('eth0').length, addresses().length);
  await all();
  await ask({});
  say('after', await page(byAddress), 'and', await page('http://example.test/'));
`;

describe('routing_policy = allow_all', { tags: ['networks', 'uplink'] }, () => {
  test('opens the way to the outside, by name too, until another configuration closes it', async () => {
    const plan = await netPlan(fetchPages);
    const { code, stdout } = ended(
      await startTg(await someMachine(), inNetns(plan, 2), 'tg', await withOutside()),
    );
    expect(code, stdout).toBe(0);
    const hello = 'hello from outside';
    for (const text of [
      'before ENETUNREACH',
      `open ${hello} and ${hello} 1 1`,
      'after ENETUNREACH and EAI_AGAIN',
    ])
      expect(stdout.split(text)).toHaveLength(3);
  });

  test('does not lead to others of the run while the data network is taken away', async () => {
    const plan = await netPlan(`
      const address = await addressOfOther();
      await ask({ routingPolicy: 'allow_all', enable: false });
      say('to the other', await connect(address, 80), await send(address));
      await all();
      await ask({ routingPolicy: 'allow_all' });
      const server = net.createServer((socket) => socket.destroy()).listen(80);
      await all();
      say('again', await connect(address, 80));
      await all();
      server.close();
    `);
    const { code, stdout } = ended(await startTg(await someMachine(), inNetns(plan, 2)));
    expect(code, stdout).toBe(0);
    expect(stdout.match(/to the other ENETUNREACH ENETUNREACH/g)).toHaveLength(2);
    expect(stdout.match(/again connected/g)).toHaveLength(2);
  });

  test('opens it for a user who is not root', { tags: ['setpriv', 'userNamespace'] }, async () => {
    const machine = await someMachine();
    const plan = await netPlan(fetchPages);
    await giveAway(dirname(machine.cwd), plan);
    const asAnother = [...(await withOutside()), 'setpriv', ...anotherUser];
    const { code, stdout } = ended(await startTg(machine, inNetns(plan, 1), 'tg', asAnother));
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('open hello from outside and hello from outside');
  });

  test('leaves nothing behind when tg is killed', async () => {
    const plan = await netPlan(
      `await ask({ routingPolicy: 'allow_all' }); say('open'); await new Promise(() => setInterval(() => {}, 1000));`,
    );
    const run = startTg(await someMachine(), inNetns(plan, 1));
    await onceSaid(run, '>> open');
    const processes = below([run.pid ?? 0]);
    expect(processes.some(({ title }) => title.includes('slirp4netns'))).toBe(true);
    run.kill('SIGKILL');
    await run;
    await until(() => processes.every(({ pid }) => isGone(pid)));
  });

  test('is said to be lost if the program that opens it ends', async () => {
    const plan = await netPlan(`
      await ask({ routingPolicy: 'allow_all' });
      say('open');
      await new Promise(() => setInterval(() => {}, 1000));
    `);
    const run = startTg(await someMachine(), inNetns(plan, 1));
    await onceSaid(run, '>> open');
    const uplink = below([run.pid ?? 0]).find(({ title }) => title.includes('slirp4netns'));
    process.kill(uplink?.pid ?? 0, 'SIGKILL');
    await onceSaid(run, 'instances have lost the way to the outside: slirp4netns has ended (SIGKILL)');
    run.kill('SIGINT');
    expect(ended(await run).code).toBe(130);
  });

  test('is refused, with the reason, where no program opens the way', async () => {
    const bin = await tempDir();
    await symlink('/usr/bin/unshare', join(bin, 'unshare'));
    await symlink(process.execPath, join(bin, 'node'));
    const run = async () =>
      await tg(await someMachine({ PATH: bin }), inNetns(plan, 1, '--builder', 'exec:node'));
    const plan = await netPlan(`await ask({ routingPolicy: 'allow_all' });`);
    const missing = await run();
    expect([missing.code, missing.all]).toEqual([
      1,
      expect.stringContaining(
        'nothing outside of the run can be reached: slirp4netns is not installed; install it',
      ),
    ]);
    await writeFile(join(bin, 'slirp4netns'), '#!/bin/sh\necho "no tap for you" >&2\nexit 1\n', {
      mode: 0o755,
    });
    const failing = await run();
    expect([failing.code, failing.all]).toEqual([1, expect.stringContaining('slirp4netns: no tap for you')]);
  });
});
