import { describe, expect, test } from 'vitest';
import { netComposition } from '../support/composition.ts';
import { resultOf, someMachine, tg } from '../support/tg.ts';

/** What the columns of a table of pairs have of one pair. */
function pairIn(
  { from, to, ...columns }: Record<string, readonly (number | string | null)[]>,
  sender: number | string,
  receiver: number | string,
) {
  const place = from?.findIndex((its, at) => its === sender && to?.[at] === receiver) ?? -1;
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[place]]));
}

describe('network.measured in result.json', { tags: ['networks'] }, () => {
  test('has who sent packets to whom, of which path and NAT drop some', async () => {
    const machine = await someMachine();
    // Every instance sends 5 datagrams to all others, by the address in the data network.
    const code = `
      const { got, socket } = await listen();
      await sync.publish('addresses', addresses()[0].split('/')[0]);
      const others = [];
      for await (const its of sync.subscribe('addresses')) if (others.push(its) === total) break;
      const own = addresses()[0].split('/')[0];
      for (const address of others.filter((its) => its !== own).sort())
        for (let time = 0; time < 5; time++) await send(address);
      // Those of c arrive at both others, and no other ones do.
      while (runenv.testGroupId !== 'c' && got.length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
      await all();
      socket.close();
    `;
    const network = '[network]\nlinks = ["a>b:drop", "b>a:loss=100%"]\nnat = { c = "symmetric" }';
    const file = await netComposition(machine, ['a', 'b', 'c'], network, { code });
    const run = await tg(machine, ['run', 'composition', '-f', file, '--run-cfg', 'engine=user']);
    expect(run.code, run.stdout).toBe(0);
    const { links, peers } = (await resultOf(machine, run.runId)).network.measured;
    const placeOf = (name: string) => links.findIndex(({ group }: { group: string }) => group === name);
    const between = (from: string, to: string) => pairIn(peers.pairs, placeOf(from), placeOf(to));
    const none = { received: 0, received_bytes: 0, overflowed: 0, unasked: 0 };
    // 5 bytes in UDP, IPv4 and Ethernet.
    const sent = { sent: 5, sent_bytes: 5 * (5 + 8 + 20 + 14) };
    expect(between('a', 'b')).toEqual({ ...sent, ...none, lost: 5 });
    expect(between('b', 'a')).toEqual({ ...sent, ...none, lost: 5 });
    expect(between('c', 'a')).toMatchObject({
      ...sent,
      received: 5,
      received_bytes: sent.sent_bytes,
      lost: 0,
    });
    // Its address is inside the NAT: others do not reach it.
    expect(links[placeOf('a')]).toMatchObject({ strayed: 5 });
    for (const [place, link] of links.entries()) {
      const ofLink = (column: string, who: 'from' | 'to') =>
        peers.pairs[column].reduce(
          (sum: number, count: number, at: number) => sum + (peers.pairs[who][at] === place ? count : 0),
          0,
        );
      expect(ofLink('received', 'to')).toBe(link.received);
      expect(ofLink('received_bytes', 'to')).toBe(link.received_bytes);
      for (const drop of ['lost', 'overflowed', 'unasked']) expect(ofLink(drop, 'from')).toBe(link[drop]);
    }
    expect(pairIn(peers.groups, 'a', 'b')).toMatchObject({ sent: 5, lost: 5 });
    expect(peers.unlisted).toBe(0);
  });
});

describe('what a network did, as metrics', { tags: ['networks'] }, () => {
  const code = `
    const { got, socket } = await listen();
    const own = addresses()[0].split('/')[0];
    await sync.publish('addresses', own);
    const others = [];
    for await (const its of sync.subscribe('addresses')) if (others.push(its) === total) break;
    if (runenv.testGroupId === 'a')
      for (const address of others) if (address !== own) for (let time = 0; time < 4; time++) await send(address);
    await all();
    socket.close();
  `;

  test('is listed, exported and compared, and decides thresholds', async () => {
    const machine = await someMachine();
    const composition = async (loss: string) =>
      await netComposition(machine, ['a', 'b'], `[network]\nlinks = ["a>b:loss=${loss}"]`, { code });
    const run = async (loss: string, ...more: readonly string[]) =>
      await tg(machine, [
        'run',
        'composition',
        '-f',
        await composition(loss),
        '--run-cfg',
        'engine=user',
        ...more,
      ]);
    const thresholds = ['network.lost:count<5', 'network.lost:count>3@a', 'network.unasked:max<1'];
    const first = await run('100%', ...thresholds.flatMap((each) => ['--threshold', each]));
    expect(first.code, first.stdout).toBe(0);
    const failed = await run('100%', '--threshold', 'network.lost:max<4');
    expect(failed.code, failed.stdout).toBe(1);
    expect((await resultOf(machine, failed.runId)).thresholds).toMatchObject([
      { outcome: 'failed', value: 4 },
    ]);

    const csv = await tg(machine, [
      'metrics',
      first.runId,
      '--name',
      'network.*',
      '--instance',
      'a[0]',
      '--csv',
    ]);
    const rows = csv.stdout.trim().split('\n');
    expect(rows[0]).toBe('metric,tags,type,source,group,count,mean,min,p50,p95,p99,max,unit');
    expect(rows).toContain('network.lost,,counter,network,a,4,4,4,4,4,4,4,packets');
    expect(rows).toContain('network.sent,,counter,network,a,4,4,4,4,4,4,4,packets');
    expect(rows.find((row) => row.startsWith('network.sent_bytes'))).toMatch(/,bytes$/);
    expect(rows).toHaveLength(1 + 8);
    const { stdout } = await tg(machine, ['metrics', first.runId, '--source', 'network', '--json']);
    const { metrics } = JSON.parse(stdout);
    const measured = (await resultOf(machine, first.runId)).network.measured.links;
    for (const link of measured)
      for (const name of ['sent', 'received_bytes', 'lost'])
        expect(metrics).toContainEqual(
          expect.objectContaining({ metric: `network.${name}`, group: link.group, count: link[name] }),
        );

    const other = await run('0%');
    const compared = await tg(machine, [
      'compare',
      first.runId,
      other.runId,
      '--name',
      'network.lost',
      '--json',
    ]);
    expect(Object.keys(JSON.parse(compared.stdout))).toContain('metrics');
    expect(compared.stdout).toContain('"network.lost"');
    expect((await tg(machine, ['compare', first.runId, other.runId, '--json'])).stdout).not.toContain(
      'network.lost',
    );
  });
});
