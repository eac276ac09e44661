import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Pair, pairCountNames } from '../../../src/network/peers.ts';
import { PeerCounts } from '../../../src/network/user/peer-counts.ts';
import { summaryOf } from '../../../src/network/user/peer-summary.ts';
import type { NatName } from '../../../src/plan/network-table.ts';
import { frameOf, packetOf } from '../../support/packets.ts';
import { addressOf, frameTo, SwitchBench } from '../../support/switch-bench.ts';

const everyone = Uint8Array.of(255, 255, 255, 255, 255, 255);
const zero = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, lost: 0, overflowed: 0, unasked: 0 };

/** The counts of a pair that are not 0, and its sides. */
function shortened<Who>(pairs: readonly Pair<Who>[]): object[] {
  return pairs.map((pair) => Object.fromEntries(Object.entries(pair).filter(([, value]) => value !== 0)));
}

describe('who sent packets to whom', () => {
  test('counts packets and bytes for sender and receiver, and for their groups', () => {
    const bench = new SwitchBench();
    bench.send(1, frameTo(addressOf(2), 1));
    bench.send(1, frameTo(addressOf(3), 1));
    bench.send(1, frameTo(addressOf(3), 1, { length: 200 }));
    const { pairs, unlisted, groups } = bench.core.peers();
    expect(pairs).toEqual([
      { ...zero, from: 0, to: 1, sent: 1, sentBytes: 100, received: 1, receivedBytes: 100 },
      { ...zero, from: 0, to: 2, sent: 2, sentBytes: 300, received: 2, receivedBytes: 300 },
    ]);
    expect(unlisted).toBe(0);
    expect(groups.map(({ from, to, sent, received }) => [from, to, sent, received])).toEqual([
      ['a', 'a', 1, 1],
      ['a', 'b', 2, 2],
    ]);
  });

  test('counts what is dropped on the way, and duplicates', () => {
    const bench = new SwitchBench();
    bench.shape(1, 'egress', { loss: 1 });
    bench.send(1, frameTo(addressOf(2), 1));
    bench.shape(1, 'egress', { duplicate: 1 });
    bench.send(1, frameTo(addressOf(2), 1));
    bench.until(1);
    bench.isTaking = false;
    bench.send(3, frameTo(addressOf(2), 3));
    expect(bench.countsOf(3)).toMatchObject({ sent: 1, unasked: 1 });
    expect(bench.countsOf(2)).toMatchObject({ received: 2, unasked: 0 });
    expect(
      shortened(bench.core.peers().pairs.map((pair) => ({ ...pair, sentBytes: 0, receivedBytes: 0 }))),
    ).toEqual([
      { sent: 2, received: 2, lost: 1, to: 1 },
      { from: 2, to: 1, sent: 1, unasked: 1 },
    ]);
  });

  test('counts what the full queue of a rate drops, and what a cut path does', () => {
    const bench = new SwitchBench({ small: 2_048, large: 2 });
    bench.shape(1, 'egress', { bandwidth: 8_000 });
    for (let frame = 0; frame < 1_010; frame++) bench.send(1, frameTo(addressOf(2), 1));
    bench.core.setPaths([{ from: { label: 'i3' }, to: { label: 'i1' }, effect: 'drop', seed: [1, 2, 3, 4] }]);
    bench.send(3, frameTo(addressOf(1), 3));
    const [slow, cut] = bench.core.peers().pairs;
    expect(slow?.overflowed).toBeGreaterThan(0);
    expect(slow?.overflowed).toBe(bench.countsOf(1)?.overflowed);
    expect(cut).toEqual({ ...zero, from: 2, to: 0, sent: 1, sentBytes: 100, lost: 1 });
  });

  test('a broadcast counts for each receiver, what strays for none', () => {
    const bench = new SwitchBench();
    bench.send(1, frameTo(0xffff_ffff, 1, { mac: everyone }));
    bench.send(1, frameTo(addressOf(9), 1));
    expect(bench.core.peers().pairs.map(({ from, to, sent }) => [from, to, sent])).toEqual([
      [0, 1, 1],
      [0, 2, 1],
    ]);
    expect(bench.countsOf(1)).toMatchObject({ sent: 2, strayed: 1 });
  });

  test('a broadcast copy without room counts as dropped on the way to its receiver', () => {
    const bench = new SwitchBench({ small: 2, large: 0 });
    bench.shape(1, 'egress', { latency: 10 });
    bench.send(1, frameTo(0xffff_ffff, 1, { mac: everyone }));
    bench.until(20);
    expect(
      bench.core.peers().pairs.map(({ to, sent, received, unasked }) => [to, sent, received, unasked]),
    ).toEqual([
      [1, 1, 1, 0],
      [2, 1, 0, 1],
    ]);
  });
});

describe('behind a NAT', () => {
  const nat = (kind: NatName) => ({ address: 900, kind, labels: [], seed: [1, 2, 3, 4] });
  const udp = (source: number, destination: number) => {
    const frame = frameOf(
      packetOf({
        protocol: 'udp',
        source: { address: source, port: 5_000 },
        destination: { address: destination, port: 5_000 },
        data: new Uint8Array(40),
      }),
    );
    frame.writeUInt16BE(0x0800, 22);
    return frame.subarray(10);
  };

  test('packets through a NAT count for the instance behind it, and so do those that it drops', () => {
    const bench = new SwitchBench({ small: 64, large: 2 }, [
      { link: 1, group: 'a', nat: nat('port-restricted') },
      { link: 2, group: 'b' },
    ]);
    bench.send(2, udp(addressOf(2), 900));
    bench.send(1, udp(addressOf(1), addressOf(2)));
    bench.send(2, udp(addressOf(2), 900));
    bench.send(2, udp(addressOf(2), 900));
    expect(bench.core.peers().pairs).toEqual([
      { ...zero, from: 0, to: 1, sent: 1, sentBytes: 82, received: 1, receivedBytes: 82 },
      { ...zero, from: 1, to: 0, sent: 3, sentBytes: 246, received: 2, receivedBytes: 164, lost: 1 },
    ]);
  });

  test('what a shared NAT drops has no receiver; its group is known if there is only one', () => {
    for (const [second, toGroup] of [
      ['a', 'a'],
      ['b', null],
    ] as const) {
      const bench = new SwitchBench({ small: 64, large: 2 }, [
        { link: 1, group: 'a', nat: nat('carrier-grade') },
        { link: 2, group: second, nat: nat('carrier-grade') },
        { link: 3, group: 'c' },
      ]);
      bench.send(3, udp(addressOf(3), 900));
      bench.send(2, udp(addressOf(2), addressOf(3)));
      bench.send(3, udp(addressOf(3), 900));
      const { pairs, groups } = bench.core.peers();
      expect(pairs.map(({ from, to, sent, received, lost }) => [from, to, sent, received, lost])).toEqual([
        [1, 2, 1, 1, 0],
        [2, null, 1, 0, 1],
        [2, 1, 1, 1, 0],
      ]);
      expect(groups.find(({ lost }) => lost > 0)).toMatchObject({ from: 'c', to: toGroup });
    }
  });
});

test('property: the sums over peers are the counts of each link', () => {
  const shape = fc.record({
    latency: fc.nat(50),
    bandwidth: fc.constantFrom(0, 100_000),
    loss: fc.constantFrom(0, 0.3, 1),
    duplicate: fc.constantFrom(0, 0.5),
  });
  const link = fc.integer({ min: 1, max: 3 });
  const stage = fc.constantFrom('egress' as const, 'up' as const, 'down' as const);
  const step = fc.oneof(
    fc.record({
      do: fc.constant('send' as const),
      link,
      to: fc.integer({ min: 1, max: 4 }),
      isTaking: fc.boolean(),
    }),
    fc.record({ do: fc.constant('shape' as const), link, stage, shape }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(30) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bench = new SwitchBench({ small: 128, large: 2 });
      for (const its of steps) {
        if (its.do === 'send') {
          bench.isTaking = its.isTaking;
          bench.send(its.link, frameTo(addressOf(its.to), its.link));
        } else if (its.do === 'shape') bench.shape(its.link, its.stage, its.shape);
        else bench.until(bench.now + its.ms);
      }
      bench.until(1e9);
      const { pairs, groups } = bench.core.peers();
      const sum = (all: readonly Pair<unknown>[], of: (pair: Pair<unknown>) => number) =>
        all.reduce((total, pair) => total + of(pair), 0);
      for (const [place, counts] of bench.core.counts().entries()) {
        const sent = pairs.filter(({ from }) => from === place);
        const got = pairs.filter(({ to }) => to === place);
        expect(sum(sent, (pair) => pair.sent)).toBe(counts.sent - counts.strayed);
        expect(sum(got, (pair) => pair.received)).toBe(counts.received);
        expect(sum(got, (pair) => pair.receivedBytes)).toBe(counts.receivedBytes);
        for (const name of ['lost', 'overflowed', 'unasked'] as const)
          expect(sum(sent, (pair) => pair[name])).toBe(counts[name]);
      }
      for (const name of pairCountNames)
        expect(sum(groups, (pair) => pair[name])).toBe(sum(pairs, (pair) => pair[name]));
    }),
  );
});

describe('pairs beyond the limit', () => {
  test('count as those of their groups, and then as the rest', () => {
    const counts = new PeerCounts({ peers: 2, groups: 1 });
    const [a, b, c] = [counts.add('x'), counts.add('x'), counts.add('y')];
    for (const [from, to] of [
      [a, b],
      [b, a],
      [b, c],
      [b, c],
      [c, a],
      [a, b],
    ] as const)
      counts.sent(counts.between(from, to), 10);
    const groups = new Map(counts.groups().map(([name, number]) => [number, name]));
    const links = [a, b, c];
    const summary = summaryOf(counts.pairs(), (peer) => {
      const link = links.indexOf(peer);
      return link === -1 ? { group: groups.get(peer) } : { link, group: link === 2 ? 'y' : 'x' };
    });
    expect(summary.pairs.map(({ from, to, sent }) => [from, to, sent])).toEqual([
      [0, 1, 2],
      [1, 0, 1],
    ]);
    expect(summary.groups.map(({ from, to, sent }) => [from, to, sent])).toEqual([
      ['x', 'x', 3],
      ['x', 'y', 2],
    ]);
    // Of the groups' pair, and of the rest.
    expect(summary.unlisted).toBe(3);
  });

  test('of many pairs, those with most packets are listed', () => {
    const counts = new PeerCounts();
    const peers = [counts.add('x'), counts.add('x'), counts.add('x')];
    for (const [place, peer] of peers.entries())
      for (let time = 0; time <= place; time++) counts.sent(counts.between(peer, peers[0] ?? 0), 10);
    const whoIs = (peer: number) => ({ link: peers.indexOf(peer), group: 'x' });
    const { pairs, unlisted, groups } = summaryOf(counts.pairs(), whoIs, 2);
    expect(pairs.map(({ from, sent }) => [from, sent])).toEqual([
      [1, 2],
      [2, 3],
    ]);
    expect([unlisted, groups.map(({ sent }) => sent)]).toEqual([1, [6]]);
  });

  test('property: packets of any pairs within the limit are counted as a table would', () => {
    const pair = fc.tuple(fc.nat(40), fc.nat(40));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 200 }), (sent) => {
        const counts = new PeerCounts({ peers: 200, groups: 0 });
        const peers = Array.from({ length: 41 }, () => counts.add(undefined));
        const table = new Map<string, number>();
        for (const [from, to] of sent) {
          counts.sent(counts.between(peers[from] ?? 0, peers[to] ?? 0), 1);
          table.set(`${from} ${to}`, (table.get(`${from} ${to}`) ?? 0) + 1);
        }
        const found = counts
          .pairs()
          .map((its) => [`${peers.indexOf(its.from)} ${peers.indexOf(its.to)}`, its.sent] as const);
        expect(new Map(found)).toEqual(table);
      }),
    );
  });
});
