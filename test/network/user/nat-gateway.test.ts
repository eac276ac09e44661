import { describe, expect, test } from 'vitest';
import { natKinds } from '../../../src/network/nat-kind.ts';
import { Nat } from '../../../src/network/user/nat.ts';
import { NatGateway } from '../../../src/network/user/nat-gateway.ts';
import { ipIn, packetAt } from '../../../src/network/user/packet.ts';
import type { NatName } from '../../../src/plan/network-table.ts';
import { frameOf, type Given, packetOf, sumOf } from '../../support/packets.ts';

const external = 900;
const gatewayOf = (kind: NatName) => new NatGateway(new Nat(external, natKinds[kind], [1, 2, 3, 4]));
const [inside, server] = [
  { address: 1, port: 5_000 },
  { address: 2, port: 80 },
];

function frame(given: Partial<Given>, change: (ip: Buffer) => void = () => {}): Buffer {
  const packet = packetOf({
    protocol: 'udp',
    source: inside,
    destination: server,
    data: new Uint8Array(40),
    ...given,
  });
  change(packet);
  return frameOf(packet);
}

const view = (bytes: Buffer) => ({ bytes, at: 0, length: bytes.length });
const sourceOf = (bytes: Buffer) => packetAt(bytes, ipIn(0), bytes.length)?.source;

describe.each(Object.keys(natKinds) as NatName[])('%s', (kind) => {
  test('brings the answer to an echo back, also if its identifier was changed', () => {
    const gateway = gatewayOf(kind);
    const send = (address: number) => {
      const request = frame({ protocol: 'icmp', source: { address, port: 77 } });
      expect(gateway.leave(view(request), 0)).toBe(true);
      return sourceOf(request)?.port ?? 0;
    };
    // The second one has the same identifier.
    for (const address of [1, 7]) {
      const port = send(address);
      const reply = frame(
        { protocol: 'icmp', source: { ...server, port }, destination: { address: external, port } },
        (ip) => void ip.writeUInt8(0, 20),
      );
      expect(gateway.enter(view(reply), 0)).toBe(address);
    }
  });

  test('lets all fragments of a datagram pass, the last before others, and no later one by itself', () => {
    const gateway = gatewayOf(kind);
    const part = (id: number, flags: number) =>
      // Its data looks like an ICMP error.
      frame({ data: new Uint8Array(40).fill(3) }, (ip) => {
        ip.writeUInt16BE(id, 4);
        ip.writeUInt16BE(flags, 6);
      });
    const [first, middle, last] = [part(5, 0x2000), part(5, 0x2001), part(5, 0x0002)];
    for (const bytes of [first, last, middle]) expect(gateway.leave(view(bytes), 0)).toBe(true);
    expect([first, last, middle].map((bytes) => bytes.readUInt32BE(ipIn(0) + 12))).toEqual([
      external,
      external,
      external,
    ]);
    expect(gateway.leave(view(part(6, 0x0002)), 0)).toBe(false);
  });
});

test('a later fragment of an echo is no error, whatever it begins with', () => {
  const gateway = gatewayOf('full-cone');
  const part = (flags: number, type: number) =>
    frame({ protocol: 'icmp' }, (ip) => {
      ip.writeUInt16BE(flags, 6);
      ip[20] = type;
    });
  for (const [flags, type] of [
    [0x2000, 8],
    [0x0001, 3],
  ] as const)
    expect(gateway.leave(view(part(flags, type)), 0)).toBe(true);
});

test('a connection that has ended is forgotten after four minutes, and another one after two hours', () => {
  const gateway = gatewayOf('full-cone');
  const segment = (flags: number) => frame({ protocol: 'tcp' }, (ip) => void ip.writeUInt8(flags, 33));
  const answer = () =>
    frame({ protocol: 'tcp', source: server, destination: { address: external, port: 5_000 } });
  gateway.leave(view(segment(2)), 0);
  expect(gateway.enter(view(answer()), 7_000_000)).toBe(1);
  gateway.leave(view(segment(1)), 0);
  gateway.leave(view(segment(16)), 0);
  expect(gateway.enter(view(answer()), 240_000)).toBe(1);
  expect(gateway.enter(view(answer()), 240_001)).toBeUndefined();
});

test.each(['tcp', 'udp', 'icmp'] as const)(
  'a packet of %s that is cut off does not pass, and nothing behind it changes',
  (protocol) => {
    const whole = frame({ protocol, data: new Uint8Array(0) });
    const before = Buffer.from(whole);
    const length = whole.length - 2;
    // TCP has more behind its checksum.
    const isWhole = protocol === 'tcp';
    expect(
      gatewayOf('full-cone').leave({ bytes: whole, at: 0, length: isWhole ? length - 2 : length }, 0),
    ).toBe(false);
    expect(whole).toEqual(before);
    expect(sumOf(whole.subarray(24, 44))).toBe(0xffff);
  },
);
