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
      await all();
      socket.close();
    `;
    const network = '[network]\nlinks = ["a>b:drop", "b>a:loss=100%"]\nnat = { c = "symmetric" }';
    const file = await netComposition(machine, ['a', 'b', 'c'], network, { code });
    const run = await tg(machine, ['run', 'composition', '-f', file]);
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
