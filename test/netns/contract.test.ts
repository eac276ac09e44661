import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { engines, inNetns, netPlan, withNetem } from '../support/netns.ts';
import type { PartName } from '../support/parts.ts';
import { type Machine, resultOf, someMachine, tg } from '../support/tg.ts';
import { giveAway, unprivilegedTg } from '../support/unprivileged.ts';

// What plans rely on, with both engines. Tests with the tag netem need a kernel that has it; .ci/run runs those of the
// engine kernel in a guest.

/** As root, tests are repeated as another user. */
const ordinary: PartName[] = ['networks', 'root', 'setpriv', 'userNamespace'];

const kinds = engines.flatMap((engine) => [
  [engine, 'this user', ['networks'] as PartName[]] as const,
  [engine, 'an ordinary user', ordinary] as const,
]);

describe.each(kinds)('with engine=%s, a network configuration, for %s,', (engine, _, tags) => {
  const needs = { tags };
  const netem = { tags: [...tags, ...withNetem(engine).tags] };

  /** Runs a plan. */
  async function run(machine: Machine, plan: string, instances: number, ...more: readonly string[]) {
    const args = inNetns(plan, instances, '--run-cfg', `engine=${engine}`, ...more);
    if (tags !== ordinary) return await tg(machine, args);
    await giveAway(dirname(machine.cwd), plan);
    return await unprivilegedTg(machine, args);
  }

  /** Runs a plan of two instances that must pass, and returns what it printed. */
  async function passed(code: string, instances = 2, ...more: readonly string[]): Promise<string> {
    const { code: status, stdout } = await run(await someMachine(), await netPlan(code), instances, ...more);
    expect(status, stdout).toBe(0);
    return stdout;
  }

  test(
    'delays what an instance sends, from the first packet on, and keeps its addresses',
    netem,
    async () => {
      const stdout = await passed(`
      const before = addresses();
      await ask({ default: { latency: 400 } });
      say('same addresses', JSON.stringify(before) === JSON.stringify(addresses()));
      if (seq === 1) {
        const server = net.createServer((socket) => socket.pipe(socket)).listen(7001);
        await sync.publish('address', addresses()[0].split('/')[0]);
        await all();
        server.close();
      } else {
        let address;
        for await (address of sync.subscribe('address')) break;
        const socket = net.connect(7001, address);
        const times = [];
        let began = performance.now();
        await new Promise((resolve) => socket.on('connect', resolve));
        times.push(performance.now() - began);
        for (let time = 0; time < 2; time++) {
          began = performance.now();
          socket.write('x');
          await new Promise((resolve) => socket.once('data', resolve));
          times.push(performance.now() - began);
        }
        say('round trips', times);
        socket.destroy();
        await all();
      }
    `);
      expect(stdout.match(/same addresses true/g)).toHaveLength(2);
      const times = JSON.parse(/round trips (\[.*\])/.exec(stdout)?.[1] ?? '[]') as number[];
      expect(times).toHaveLength(3);
      for (const ms of times) {
        expect(ms).toBeGreaterThanOrEqual(800);
        // A neighbour that had to be looked for would take a second round trip.
        expect(ms).toBeLessThan(1_500);
      }
    },
  );

  test('limits the rate, in bits per second', needs, async () => {
    const stdout = await passed(`
      const bytes = 500_000;
      await ask({ default: { bandwidth: 8_000_000 } });
      if (seq === 1) {
        const server = net.createServer((socket) => {
          let got = 0;
          socket.on('data', (chunk) => { got += chunk.length; if (got === bytes) socket.end('done'); });
        }).listen(7001);
        await sync.publish('address', addresses()[0].split('/')[0]);
        await all();
        server.close();
      } else {
        let address;
        for await (address of sync.subscribe('address')) break;
        const socket = net.connect(7001, address);
        const began = performance.now();
        socket.write(Buffer.alloc(bytes));
        await new Promise((resolve) => socket.on('data', resolve));
        say('took', performance.now() - began);
        await all();
      }
    `);
    // 4 Mbit at 8 Mbit/s; the first millisecond's worth may come at once.
    const took = Number(/took ([\d.]+)/.exec(stdout)?.[1]);
    expect(took).toBeGreaterThan(490);
    // Bytes instead of bits would take 60 ms, and bits instead of bytes 4 s.
    expect(took).toBeLessThan(3_500);
  });

  test(
    'loses everything with a loss of 100, and the sync service is reached all the same',
    netem,
    async () => {
      const stdout = await passed(`
      const { got, socket } = await listen();
      const address = await addressOfOther();
      for (const [name, config] of Object.entries({
        open: {}, lost: { default: { loss: 100 } }, slow: { default: { latency: 10_000 } },
        narrow: { default: { bandwidth: 8_000 } }, away: { enable: false }, back: {},
      })) {
        await ask(config);
        got.length = 0;
        await all();
        const sent = await send(address);
        // What was not lost arrives long before the others have answered three times.
        for (let time = 0; time < 3; time++) await all();
        await new Promise((resolve) => setTimeout(resolve, 100));
        say(name, sent, got.length);
        await all();
      }
      socket.close();
    `);
      const seen = (name: string) =>
        [...stdout.matchAll(new RegExp(`>> ${name} (\\w+ \\d+)`, 'g'))].map(([, its]) => its);
      expect(seen('open')).toEqual(['sent 1', 'sent 1']);
      expect(seen('lost')).toEqual(['sent 0', 'sent 0']);
      expect(seen('slow')).toEqual(['sent 0', 'sent 0']);
      expect(seen('narrow')).toEqual(['sent 1', 'sent 1']);
      expect(seen('away')).toEqual(['ENETUNREACH 0', 'ENETUNREACH 0']);
      expect(seen('back')).toEqual(['sent 1', 'sent 1']);
    },
  );

  test('drops the share of packets that is asked for, no other, and counts them', netem, async () => {
    const [rounds, each] = [20, 50];
    const plan = await netPlan(`
      const { got, socket } = await listen();
      const address = await addressOfOther();
      const server = net.createServer((socket) => socket.destroy()).listen(7001);
      for (const loss of [0, 20]) {
        if (seq === 1) await ask({ default: { loss, latency: 1 } });
        got.length = 0;
        await all();
        // In rounds, so that no socket's buffer is full. Node reads at most 32 in one turn.
        for (let round = 0; round < ${rounds}; round++) {
          if (seq === 1) for (let time = 0; time < ${each}; time++) await send(address);
          for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
          await all();
        }
        // A connection overtakes none of them.
        if (seq === 1) await connect(address, 7001, 20_000);
        await all();
        // They are in the kernel, which hands out some in each turn of the event loop.
        for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
        if (seq === 2) say('arrived', loss, got.length);
        await all();
      }
      socket.close();
      server.close();
    `);
    const machine = await someMachine();
    const { code, stdout, runId } = await run(machine, plan, 2);
    expect(code, stdout).toBe(0);
    const arrived = (loss: number) => Number(new RegExp(`arrived ${loss} (\\d+)`).exec(stdout)?.[1]);
    const all = rounds * each;
    expect(arrived(0)).toBe(all);
    const lost = all - arrived(20);
    // Six standard deviations of a binomial distribution.
    expect(Math.abs(lost - all / 5)).toBeLessThan(6 * Math.sqrt(all * 0.2 * 0.8));
    const { measured } = (await resultOf(machine, runId)).network;
    expect(measured).toMatchObject({ engine, missed: 0 });
    const sender = measured.links.find(({ sent }: { sent: number }) => sent >= 2 * all);
    // A segment of the connection may be lost, too.
    expect(sender.lost - lost).toBeOneOf([0, 1, 2, 3, 4, 5]);
    expect(sender).toMatchObject({ overflowed: 0, unasked: 0 });
  });

  test.each([
    ['as a plan asks', '{ default: { latency: 20 } }', []],
    ['as is declared', '{}', ['--net', 'latency=20ms']],
  ])('tells how late packets were that are delayed %s', netem, async (_, asked, declared) => {
    const plan = await netPlan(`
      const { got, socket } = await listen();
      const address = await addressOfOther();
      await ask(${asked});
      await all();
      await send(address);
      while (got.length < 1) await new Promise((resolve) => setTimeout(resolve, 1));
      await all();
      socket.close();
    `);
    const machine = await someMachine();
    const { code, stdout, runId } = await run(machine, plan, 2, ...declared);
    expect(code, stdout).toBe(0);
    const { lateness_ms: lateness, links } = (await resultOf(machine, runId)).network.measured;
    expect(lateness.p50).toBeGreaterThan(0);
    expect(lateness.max).toBeGreaterThanOrEqual(lateness.p50);
    // How that is measured loses nothing, and is not among the packets of instances.
    for (const link of links) expect(link).toMatchObject({ lost: 0, overflowed: 0, unasked: 0 });
  });

  test('duplicates, corrupts and reorders packets', netem, async () => {
    const stdout = await passed(`
      const order = [];
      const { got, socket } = await listen();
      socket.on('message', (text) => order.push(Number(text)));
      const address = await addressOfOther();
      const server = net.createServer((socket) => socket.destroy()).listen(7001);
      for (const [name, shape] of Object.entries({
        duplicated: { duplicate: 100 }, corrupted: { corrupt: 100 }, reordered: { reorder: 50, latency: 300 },
      })) {
        order.length = 0;
        await all();
        if (seq === 1) {
          await ask({ default: shape });
          for (let number = 0; number < 40; number++)
            await new Promise((resolve) => socket.send(String(number), 7000, address, resolve));
          await ask({});
          // A connection overtakes none of them, once the shape is gone and its latency has passed.
          await new Promise((resolve) => setTimeout(resolve, shape.latency ?? 0));
          await connect(address, 7001, 20_000);
        }
        await all();
        for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
        if (seq === 2) say(name, order);
        await all();
      }
      socket.close();
      server.close();
    `);
    const order = (name: string): number[] =>
      JSON.parse(new RegExp(`>> ${name} (.*)`).exec(stdout)?.[1] ?? '[]');
    const sent = Array.from({ length: 40 }, (_, number) => number);
    expect(order('duplicated').toSorted((a, b) => a - b)).toEqual(sent.flatMap((number) => [number, number]));
    // Receivers drop what does not fit its checksum; a bit may also be flipped where there is none.
    expect(order('corrupted').length).toBeLessThan(20);
    expect(order('reordered').toSorted((a, b) => a - b)).toEqual(sent);
    expect(order('reordered')).not.toEqual(sent);
  });

  test(
    'rules reject and drop what is sent to a subnet, add up, and are taken back by accept',
    needs,
    async () => {
      const stdout = await passed(
        `
      const rule = (filter, subnet = '16.0.0.9/32') => ({ rules: [{ subnet, filter }] });
      await ask(rule(1));
      say('rejected', await send('16.0.0.9'), await send('16.0.0.10'));
      await ask(rule(2, '16.0.0.10/32'));
      say('and dropped', await send('16.0.0.9'), await send('16.0.0.10'));
      await ask({ enable: false });
      await ask({ IPv4: '16.0.1.5/16' });
      say('kept', await send('16.0.0.9'), addresses());
      await ask(rule(0));
      say('accepted', await send('16.0.0.9'), await send('16.0.0.10'));
      await ask(rule(1, '16.0.0.0/16'));
      say('all', await send('16.0.0.9'));
      await ask(rule(0, '16.0.0.0/16'));
      say('none', await send('16.0.0.9'));
    `,
        1,
      );
      const said = [...stdout.matchAll(/MESSAGE << single\[000\] >> (.*)/g)].map(([, text]) => text);
      expect(said.slice(-6)).toEqual([
        'rejected EACCES sent',
        'and dropped EACCES EINVAL',
        'kept EACCES ["16.0.1.5/16"]',
        'accepted sent EINVAL',
        'all EACCES',
        'none sent',
      ]);
    },
  );

  test(
    'has the address that was asked for when it is answered; what listens on all addresses goes on',
    needs,
    async () => {
      const stdout = await passed(`
      const server = net.createServer().listen(7001);
      await ask({ IPv4: '16.0.1.' + seq + '/12' });
      say('has', addresses());
      await all();
      say('reaches', await connect('16.0.1.' + (3 - seq), 7001));
      await all();
      await ask({ enable: false });
      say('without', addresses(), Object.keys(os.networkInterfaces()).sort());
      await ask({ IPv4: '16.0.2.' + seq + '/16' });
      await all();
      say('again', await connect('16.0.2.' + (3 - seq), 7001), addresses());
      await all();
      server.close();
    `);
      for (const text of [
        'has ["16.0.1.1/16"]',
        'has ["16.0.1.2/16"]',
        'reaches connected',
        'without [] ["eth0","lo"]',
        'again connected ["16.0.2.1/16"]',
        'again connected ["16.0.2.2/16"]',
      ])
        expect(stdout).toContain(text);
    },
  );

  // In test/netns/internet.test.ts for an ordinary user, who may not open /dev/net/tun everywhere.
  if (tags !== ordinary)
    test('without a routing policy closes the control network again, which allow_all had opened', {
      tags: [...tags, 'uplink'],
    }, async () => {
      const stdout = await passed(`
      const server = net.createServer().listen(7001);
      await sync.publish('addresses', { seq, control: addresses('eth0')[0].split('/')[0] });
      const found = [];
      for await (const its of sync.subscribe('addresses')) if (found.push(its) === 2) break;
      const { control } = found.find((its) => its.seq !== seq);
      for (const [name, config] of Object.entries({ open: { routingPolicy: 'allow_all' }, closed: {} })) {
        await ask(config);
        await all();
        say(name, await connect(control, 7001, 1000));
        await all();
      }
      server.close();
    `);
      expect(stdout.match(/open connected/g)).toHaveLength(2);
      expect(stdout.match(/closed ENETUNREACH/g)).toHaveLength(2);
    });

  test('replaces the shape before it as a whole', netem, async () => {
    const stdout = await passed(`
      const { got, socket } = await listen();
      const address = await addressOfOther();
      await ask({ default: { loss: 100 } });
      await ask({ default: { latency: 1 } });
      await all();
      for (let time = 0; time < 20; time++) await send(address);
      // All of them come: this ends only then.
      while (got.length < 20) await new Promise((resolve) => setTimeout(resolve, 5));
      say('all came');
      await all();
      socket.close();
    `);
    expect(stdout.match(/all came/g)).toHaveLength(2);
  });

  test(
    'that was published before its instance is ready is applied, in order, and answered once',
    netem,
    async () => {
      const stdout = await passed(
        `
      const wire = (latency, state) => ({ network: 'default', enable: true, IPv4: '16.0.1.' + latency + '/16', default: { latency: latency * 1e6 }, callback_state: state });
      // Without waiting for one answer.
      for (const latency of [1, 2, 3]) await sync.publish('network:' + os.hostname(), wire(latency, 'answered'));
      await sync.barrier('answered', 3);
      say('answered', addresses());
      say('and no more', await sync.signalEntry('answered'));
    `,
        1,
      );
      expect(stdout).toContain('answered ["16.0.1.3/16"]\n');
      expect(stdout).toContain('and no more 4\n');
    },
  );

  test(
    'may take an address that another instance has given up, or has while it has no network',
    needs,
    async () => {
      const stdout = await passed(`
      const first = addresses()[0].split('/')[0];
      await sync.publish('addresses', { seq, address: first });
      const found = [];
      for await (const its of sync.subscribe('addresses')) if (found.push(its) === 2) break;
      const { address: other } = found.find((its) => its.seq !== seq);
      if (seq === 1) await ask({ IPv4: '16.0.1.1/16' });
      await all();
      if (seq === 2) await ask({ IPv4: other + '/16' });
      await all();
      if (seq === 1) await ask({ enable: false });
      await all();
      if (seq === 2) await ask({ IPv4: '16.0.1.1/16' });
      await all();
      if (seq === 1) await ask({});
      await all();
      say('number', seq, 'has', addresses(), 'first', seq === 1 && addresses()[0] === first + '/16');
    `);
      expect(stdout).toContain('number 2 has ["16.0.1.1/16"]');
      // Its last one is taken, so it has the first that is free.
      expect(stdout).toMatch(/number 1 has \["16\.0\.0\.[23]\/16"\]/);
    },
  );

  // In test/netns/internet.test.ts for an ordinary user, who may not open /dev/net/tun everywhere.
  if (tags !== ordinary)
    test('rules and routes with the same destination do not replace each other', {
      tags: [...tags, 'uplink'],
    }, async () => {
      const stdout = await passed(
        `
      await ask({ rules: [{ subnet: '0.0.0.0/0', filter: 1 }] });
      say('rule', await send('10.1.1.1'));
      await ask({ routingPolicy: 'allow_all' });
      say('rule and route', await send('10.1.1.1'));
      await ask({});
      say('rule again', await send('10.1.1.1'));
      await ask({ rules: [{ subnet: '192.18.0.1/32', filter: 1 }] });
      say('not the gateway');
    `,
        1,
        '--run-cfg',
        'unapplied=report',
      );
      expect(stdout).toContain('rule EACCES\n');
      expect(stdout).toContain('rule and route EACCES\n');
      expect(stdout).toContain('rule again EACCES\n');
      expect(stdout).toContain('a rule for 192.18.0.1/32: the services of the run are there');
    });

  test('of an instance that ends before it is answered fails nothing', netem, async () => {
    await passed(
      `
      for (let time = 0; time < 20; time++)
        await sync.publish('network:' + os.hostname(), { network: 'default', enable: true, default: { latency: time * 1e6 } });
    `,
      3,
    );
  });

  test.each([
    ['network: "other"', 'network "other": there is only "default"'],
    ['IPv6: "fd00::1/64"', 'an IPv6 address: there are only IPv4 addresses'],
    ['default: { loss: 120 }', 'loss 120: it is a percentage, from 0 to 100'],
    ['IPv4: "16.0.0.1/16"', 'the address 16.0.0.1: it is that of the gateway'],
    ['IPv4: "10.0.0.1/16"', 'the address 10.0.0.1: it is not in the data network 16.0.0.0/16'],
    ['IPv4: seq === 1 ? undefined : others[0]', /the address 16\.0\.0\.[23]: single\[00[01]\] has it/],
  ])('that cannot be applied ends the run, and says why: %s', needs, async (config, why) => {
    const plan = await netPlan(`
      await sync.publish('addresses', { seq, address: addresses()[0] });
      const found = [];
      for await (const its of sync.subscribe('addresses')) if (found.push(its) === 2) break;
      const others = found.filter((its) => its.seq !== seq).map(({ address }) => address);
      await askRaw({ ${config} });
      await new Promise(() => setInterval(() => {}, 1000));
    `);
    const machine = await someMachine();
    const { code, stdout, runId } = await run(machine, plan, 2);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      typeof why === 'string'
        ? new RegExp(`ending the run: .*single\\[00[01]\\].*${why.replaceAll(/[.[\]()]/g, '\\$&')}`)
        : why,
    );
    expect((await resultOf(machine, runId)).stopped.ending).toBe('refused');
  });

  test('that cannot be applied is reported and answered with unapplied=report', needs, async () => {
    const stdout = await passed(
      'await askRaw({ default: { loss: 120 } }); say("answered");',
      1,
      '--run-cfg',
      'unapplied=report',
    );
    expect(stdout).toContain('answered');
    expect(stdout).toContain('NOT APPLIED in 1 of 1 network configurations: loss 120');
  });
});
