import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inNetns, netPlan } from '../support/netns.ts';
import { packetsIn } from '../support/pcapng.ts';
import { outputsOf, resultOf, someMachine, tg } from '../support/tg.ts';

/** The engine that knows how late packets were, and where they went. */
const byUser = ['--run-cfg', 'engine=user'];

describe('the result of a run', { tags: ['networks'] }, () => {
  test('has what the network did with the packets of each instance', async () => {
    const machine = await someMachine();
    const plan = await netPlan(`
      const { got, socket } = await listen();
      const address = await addressOfOther();
      await ask(seq === 1 ? { default: { loss: 100 } } : { default: { latency: 20 } });
      await all();
      for (let time = 0; time < 10; time++) await send(address);
      while (seq === 1 && got.length < 10) await new Promise((resolve) => setTimeout(resolve, 5));
      await send('16.0.77.77');
      await all();
      socket.close();
    `);
    const { code, stdout, runId } = await tg(machine, inNetns(plan, 2, ...byUser));
    expect(code, stdout).toBe(0);
    const { network } = await resultOf(machine, runId);
    const { links, missed, lateness_ms: lateness } = network.measured;
    const [lost, late] = [...links].sort((a, b) => b.lost - a.lost);
    expect(lost).toMatchObject({ lost: 10, overflowed: 0, unasked: 0, received: 10 });
    expect(late).toMatchObject({ lost: 0, overflowed: 0, unasked: 0, received: 0 });
    // And what was sent to an address that nobody has. IPv6 sends something by itself.
    for (const each of [lost, late]) {
      expect(each.sent).toBeGreaterThanOrEqual(11);
      expect(each.strayed).toBeGreaterThanOrEqual(1);
    }
    expect(missed).toBe(0);
    expect(lateness.p99).toBeGreaterThan(0);
  });

  test('is unknown with fidelity=strict if the network was late', async () => {
    const machine = await someMachine();
    // A switch that is stopped when packets are due is late.
    const plan = await netPlan(`
      const { readFileSync } = await import('node:fs');
      await ask({ default: { latency: 300 } });
      if (seq === 1) {
        const title = (pid) => { try { return readFileSync('/proc/' + pid + '/cmdline', 'latin1'); } catch { return ''; } };
        const own = readFileSync('/proc/' + process.ppid + '/task/' + process.ppid + '/children', 'latin1').split(' ');
        const pid = own.find((each) => title(each).startsWith('tg-switch'));
        if (pid === undefined) throw new Error('there is no switch');
        for (let time = 0; time < 10; time++) for (const address of ['16.0.0.2', '16.0.0.3']) await send(address);
        process.kill(Number(pid), 'SIGSTOP');
        await new Promise((resolve) => setTimeout(resolve, 600));
        process.kill(Number(pid), 'SIGCONT');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await all();
    `);
    const { code, stdout } = await tg(machine, inNetns(plan, 2, ...byUser, '--run-cfg', 'fidelity=strict'));
    expect(stdout).toMatch(
      /the network: packets were late, [\d.]+ ms at p99: latencies may be the machine's/,
    );
    expect(code).toBe(6);
    const { code: reported, stdout: said } = await tg(machine, inNetns(plan, 2, ...byUser));
    expect([reported, said]).toEqual([0, expect.stringContaining('the network: packets were late')]);
  });

  test('has packets of the instances that were named, and why they were dropped', async () => {
    const machine = await someMachine();
    const plan = await netPlan(`
      const { got, socket } = await listen();
      await sync.publish('addresses', { index: process.env.TEST_OUTPUTS_PATH.split('/').pop(), address: addresses()[0].split('/')[0] });
      const found = {};
      for await (const { index, address } of sync.subscribe('addresses')) {
        found[index] = address;
        if (Object.keys(found).length === 2) break;
      }
      if (process.env.TEST_OUTPUTS_PATH.endsWith('/0')) {
        await send(found[1], 7000);
        await send('16.0.77.77', 7077);
        await ask({ default: { loss: 100 } });
        await send(found[1], 7100);
      }
      await all();
      socket.close();
    `);
    const { code, stdout, runId } = await tg(machine, inNetns(plan, 2, '--run-cfg', 'pcap=single[0]'));
    expect(code, stdout).toBe(0);
    const dir = join(await outputsOf(machine, runId), 'single');
    expect(existsSync(join(dir, '1', 'packets.pcapng'))).toBe(false);
    const packets = packetsIn(readFileSync(join(dir, '0', 'packets.pcapng')));
    // The port that a UDP packet was sent to, behind the headers of Ethernet and IPv4.
    const udp = packets.filter(({ bytes }) => bytes.readUInt16BE(12) === 0x0800 && bytes[23] === 17);
    expect(udp.map(({ direction, note, bytes }) => [bytes.readUInt16BE(36), direction, note])).toEqual([
      [7_000, 'sent', undefined],
      [7_077, 'sent', 'no instance has this address'],
      [7_100, 'sent', 'dropped: loss'],
    ]);
    expect(udp[0]?.bytes.subarray(42).toString()).toBe('hello');
  });
});

test('sidecar=noop applies nothing, and says so', { tags: ['networks'] }, async () => {
  const plan = await netPlan(`
    const before = addresses();
    await ask({ IPv4: '16.0.1.5/16', rules: [{ subnet: '16.0.0.9/32', filter: 1 }], default: { latency: 5_000 } });
    say('sent', await send('16.0.0.9'), JSON.stringify(before) === JSON.stringify(addresses()));
  `);
  const { code, stdout } = await tg(await someMachine(), inNetns(plan, 1, '--run-cfg', 'sidecar=noop'));
  expect(stdout).toContain('>> sent sent true');
  expect(stdout).toContain('NOT APPLIED in 1 of 1 network configurations');
  // A person has chosen it.
  expect(code).toBe(0);
  const strict = await tg(await someMachine(), inNetns(plan, 1, '--run-cfg', 'sidecar=strict'));
  expect(strict.stdout).toContain('>> sent EACCES false');
  expect(strict.code).toBe(0);
});
