import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { natKinds } from '../../../src/network/nat-kind.ts';
import { type Endpoint, Nat, type NatProtocol } from '../../../src/network/user/nat.ts';
import type { NatName } from '../../../src/plan/network-table.ts';

const external = 900;
const newNat = (kind: NatName) => new Nat(external, natKinds[kind], [1, 2, 3, 4]);
const at = (address: number, port: number): Endpoint => ({ address, port });
const [inside, server, other] = [at(1, 5_000), at(2, 80), at(3, 90)];

/** Who may send to the port that is open for the server: the server, another port of it, another address. */
function openFor(kind: NatName) {
  const nat = newNat(kind);
  const port = nat.out({ protocol: 'udp' }, inside, server, 0) ?? 0;
  return [server, at(2, 81), other].map(
    (remote) => nat.in({ protocol: 'udp' }, port, remote, 0) !== undefined,
  );
}

test.each<[NatName, boolean[]]>([
  ['full-cone', [true, true, true]],
  ['restricted', [true, true, false]],
  ['port-restricted', [true, false, false]],
  ['symmetric', [true, false, false]],
  ['carrier-grade', [true, false, false]],
])('%s: may send to an open port: the one called, its other ports, others: %j', (kind, expected) => {
  expect(openFor(kind)).toEqual(expected);
});

describe.each(Object.keys(natKinds) as NatName[])('%s', (kind) => {
  test('has the same external port for every destination, unless it is symmetric', () => {
    const nat = newNat(kind);
    const [one, another] = [server, other].map((remote) => nat.out({ protocol: 'udp' }, inside, remote, 0));
    expect(nat.out({ protocol: 'udp' }, inside, server, 0)).toBe(one);
    expect(one === another).toBe(kind !== 'symmetric');
    if (kind !== 'symmetric') expect(one).toBe(inside.port);
  });

  test('lets nothing in that nobody inside has sent for, and no other protocol', () => {
    const nat = newNat(kind);
    expect(nat.in({ protocol: 'udp' }, 5_000, server, 0)).toBeUndefined();
    const port = nat.out({ protocol: 'udp' }, inside, server, 0) ?? 0;
    expect(nat.in({ protocol: 'tcp' }, port, server, 0)).toBeUndefined();
  });

  test('gives two instances with the same port different ones', () => {
    const nat = newNat(kind);
    const ports = [inside, at(7, inside.port)].map(
      (inner) => nat.out({ protocol: 'udp' }, inner, server, 0) ?? 0,
    );
    expect(ports.map((port) => nat.in({ protocol: 'udp' }, port, server, 0)?.address)).toEqual([1, 7]);
  });

  test('forgets a port that is not used for five minutes; what comes in does not count', () => {
    const nat = newNat(kind);
    const port = nat.out({ protocol: 'udp' }, inside, server, 0) ?? 0;
    expect(nat.in({ protocol: 'udp' }, port, server, 300_000)).toEqual(inside);
    expect(nat.in({ protocol: 'udp' }, port, server, 300_001)).toBeUndefined();
  });

  test('property: what comes back reaches whoever has sent, whatever else was sent', () => {
    const endpoint = fc.record({
      address: fc.integer({ min: 1, max: 4 }),
      port: fc.integer({ min: 1, max: 3 }),
    });
    const protocol = fc.constantFrom<NatProtocol>('udp', 'tcp', 'icmp');
    const flows = fc.array(fc.record({ protocol, inner: endpoint, remote: endpoint }), { maxLength: 20 });
    fc.assert(
      fc.property(flows, (all) => {
        const nat = newNat(kind);
        const ports = all.map((flow) => nat.out(flow, flow.inner, flow.remote, 0) ?? 0);
        const reached = all.map((flow, index) => nat.in(flow, ports[index] ?? 0, flow.remote, 0));
        expect(reached).toEqual(all.map(({ inner }) => inner));
      }),
    );
  });
});

test('removes what has expired, so that its memory has a bound', () => {
  const nat = newNat('symmetric');
  for (let time = 0; time < 20_000; time++)
    nat.out({ protocol: 'icmp' }, at(1, time % 60_000), at(time, 0), time * 100);
  // 60 s at ten a second, and what was new since the last time.
  expect(nat.size).toBeLessThan(600 + 1_100);
});

test('a contact expires, too, while the port is used for another', () => {
  const nat = newNat('port-restricted');
  nat.out({ protocol: 'udp' }, inside, server, 0);
  nat.out({ protocol: 'udp' }, inside, other, 200_000);
  expect(nat.in({ protocol: 'udp' }, inside.port, server, 300_000)).toEqual(inside);
  expect(nat.in({ protocol: 'udp' }, inside.port, server, 300_001)).toBeUndefined();
  expect(nat.in({ protocol: 'udp' }, inside.port, other, 300_001)).toEqual(inside);
});

test('has no port left when all are taken', () => {
  const nat = newNat('full-cone');
  for (let port = 1_024; port <= 65_535; port++) nat.out({ protocol: 'udp' }, at(1, port), server, 0);
  expect(nat.out({ protocol: 'udp' }, at(7, 5_000), server, 0)).toBeUndefined();
  expect(nat.out({ protocol: 'tcp' }, at(7, 5_000), server, 0)).toBe(5_000);
});
