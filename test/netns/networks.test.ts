import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inNetns, netPlan } from '../support/netns.ts';
import { planWith } from '../support/plans.ts';
import { tempDir } from '../support/temp.ts';
import { someMachine, tg } from '../support/tg.ts';
import { giveAway, unprivilegedTg } from '../support/unprivileged.ts';

describe('an instance of local:netns', { tags: ['networks'] }, () => {
  test('has a control and a data network, names for the services, and a hostname of its own', async () => {
    const plan = await netPlan(`
      const { lookup } = await import('node:dns/promises');
      for (const name of ['testground-sync-service', 'testground-redis', 'testground-influxdb'])
        say(name, (await lookup(name)).address);
      say('named', os.hostname() === process.env.HOSTNAME, os.hostname().length);
      say('control', addresses('eth0'), 'data', addresses(), Object.keys(os.networkInterfaces()).sort());
      say('found', network.getDataNetworkIP(), process.env.TEST_SUBNET, process.env.TEST_SIDECAR);
      await sync.publish('names', os.hostname());
    `);
    const { code, stdout } = await tg(await someMachine(), inNetns(plan, 3));
    expect(code, stdout).toBe(0);
    for (const name of ['sync-service', 'redis', 'influxdb'])
      expect(stdout).toContain(`single[000] >> testground-${name} 192.18.0.1\n`);
    expect(stdout).toContain('single[001] >> named true 12\n');
    expect(stdout).toContain(
      'single[002] >> control ["192.18.0.4/16"] data ["16.0.0.4/16"] ["eth0","eth1","lo"]\n',
    );
    expect(stdout).toContain('single[002] >> found 16.0.0.4 16.0.0.0/16 true\n');
  });

  test('is root there, may use raw sockets, and may not configure networks', async () => {
    const plan = await planWith(`
      import { readFileSync } from 'node:fs';
      const bits = BigInt('0x' + /CapEff:\\t(\\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
      const has = (number) => (bits >> BigInt(number)) & 1n;
      console.log('user', process.getuid(), 'NET_RAW', has(13), 'NET_ADMIN', has(12), 'SYS_ADMIN', has(21));
    `);
    const { stdout } = await tg(await someMachine(), inNetns(plan, 1));
    expect(stdout).toContain('user 0 NET_RAW 1n NET_ADMIN 0n SYS_ADMIN 0n\n');
  });

  test('reaches others over the data network only', async () => {
    const plan = await netPlan(`
      const server = net.createServer().listen(7001, '0.0.0.0');
      await all();
      const other = seq === 1 ? 2 : 1;
      await sync.publish('addresses', { seq, control: addresses('eth0')[0], data: addresses()[0] });
      const found = [];
      for await (const its of sync.subscribe('addresses')) if (found.push(its) === 2) break;
      const { control, data } = found.find((its) => its.seq === other);
      say('over data', await connect(data.split('/')[0], 7001), 'over control', await connect(control.split('/')[0], 7001, 500));
      await all();
      server.close();
    `);
    const { code, stdout } = await tg(await someMachine(), inNetns(plan, 2));
    expect(code, stdout).toBe(0);
    expect(stdout.match(/over data connected over control (\w+)/g)).toEqual([
      'over data connected over control ENETUNREACH',
      'over data connected over control ENETUNREACH',
    ]);
  });

  test('works for a user who is not root', { tags: ['setpriv', 'userNamespace'] }, async () => {
    const machine = await someMachine();
    const plan = await netPlan('say("user", process.getuid(), addresses()); await all();');
    await giveAway(dirname(machine.cwd), plan);
    const { code, stdout } = await unprivilegedTg(machine, inNetns(plan, 2));
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('single[000] >> user 0 ["16.0.0.2/16"]\n');
  });

  test('does not hear another run with the same addresses', async () => {
    const meeting = await tempDir();
    // Each broadcasts its run until both runs are there, and then once more.
    const plan = await netPlan(`
      const { readdirSync, writeFileSync } = await import('node:fs');
      const heard = new Set();
      const socket = createSocket({ type: 'udp4', reuseAddr: true });
      socket.on('message', (text, { address }) => heard.add(text + ' ' + address));
      await new Promise((resolve) => socket.bind(7000, '0.0.0.0', resolve));
      socket.setBroadcast(true);
      const run = runenv.testRun;
      await all();
      writeFileSync(${JSON.stringify(meeting)} + '/' + run, '');
      const call = () => new Promise((resolve) => socket.send(run, 7000, '16.0.255.255', resolve));
      while (readdirSync(${JSON.stringify(meeting)}).length < 2) {
        await call();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      for (let time = 0; time < 20; time++) {
        await call();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await all();
      say('heard', [...heard].sort().map((each) => each.replace(run, 'this run')));
      socket.close();
    `);
    const both = await Promise.all([0, 1].map(async () => await tg(await someMachine(), inNetns(plan, 2))));
    for (const { code, stdout } of both) {
      expect(code, stdout).toBe(0);
      // A broadcast reaches its sender, too.
      expect(stdout.match(/heard \["this run 16\.0\.0\.2","this run 16\.0\.0\.3"\]/g)).toHaveLength(2);
    }
  });
});
