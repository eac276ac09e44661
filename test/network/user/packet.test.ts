import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Endpoint } from '../../../src/network/user/nat.ts';
import { ipIn, packetAt, packetInError, redirect, redirectError } from '../../../src/network/user/packet.ts';

const numbers = { icmp: 1, tcp: 6, udp: 17 } as const;
const headers = { icmp: 8, tcp: 20, udp: 8 } as const;
const sumsAt = { icmp: 2, tcp: 16, udp: 6 } as const;

type Protocol = keyof typeof numbers;

interface Given {
  readonly protocol: Protocol;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly data: Uint8Array;
  /** Whether the device is to complete the checksum. */
  readonly isPartial?: boolean;
}

function sumOf(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

/** The sum of the pseudo header of TCP and UDP. */
function pseudo(ip: Buffer, length: number): number {
  return sumOf(ip.subarray(12, 20), length + (ip[9] ?? 0));
}

/** An IPv4 packet with right checksums. */
function packetOf({ protocol, source, destination, data, isPartial = false }: Given): Buffer {
  const body = Buffer.alloc(headers[protocol] + data.length);
  body.set(data, headers[protocol]);
  if (protocol === 'icmp') {
    body[0] = 8;
    body.writeUInt16BE(source.port, 4);
  } else {
    body.writeUInt16BE(source.port, 0);
    body.writeUInt16BE(destination.port, 2);
    if (protocol === 'udp') body.writeUInt16BE(body.length, 4);
  }
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(20 + body.length, 2);
  ip[9] = numbers[protocol];
  ip.writeUInt32BE(source.address, 12);
  ip.writeUInt32BE(destination.address, 16);
  ip.writeUInt16BE(~sumOf(ip) & 0xffff, 10);
  const start = protocol === 'icmp' ? 0 : pseudo(ip, body.length);
  const sum = isPartial ? start : ~sumOf(body, start) & 0xffff;
  body.writeUInt16BE(protocol === 'udp' && sum === 0 ? 0xffff : sum, sumsAt[protocol]);
  return Buffer.concat([ip, body]);
}

/** A frame: virtio's header, that of Ethernet, and a packet. */
function frameOf(packet: Buffer, isPartial = false): Buffer {
  const head = Buffer.alloc(24);
  if (isPartial) head[0] = 1;
  return Buffer.concat([head, packet]);
}

const endpoint = fc.record({
  address: fc.integer({ min: 0, max: 0xffff_ffff }),
  port: fc.integer({ min: 0, max: 0xffff }),
});
const given = fc.record({
  protocol: fc.constantFrom<Protocol>('icmp', 'tcp', 'udp'),
  source: endpoint,
  destination: endpoint,
  data: fc.uint8Array({ maxLength: 40 }),
});

test('property: a redirected packet is the one that would have been sent from there', () => {
  fc.assert(
    fc.property(
      given,
      endpoint,
      fc.constantFrom('source', 'destination'),
      fc.boolean(),
      (its, to, side, partial) => {
        const isPartial = partial && its.protocol !== 'icmp';
        const frame = frameOf(packetOf({ ...its, isPartial }), isPartial);
        const packet = packetAt(frame, ipIn(0));
        if (packet === undefined) throw new Error('no packet');
        redirect(frame, 0, packet, side, to);
        // The identifier of an echo is on both sides.
        const moved = its.protocol === 'icmp' ? { ...its, source: { ...its.source, port: to.port } } : its;
        const wanted = {
          ...moved,
          [side]: its.protocol === 'icmp' ? { ...moved[side], address: to.address } : to,
        };
        expect(frame.subarray(24)).toEqual(packetOf({ ...wanted, isPartial }));
      },
    ),
  );
});

test('a datagram without a checksum stays without', () => {
  const packet = packetOf({
    protocol: 'udp',
    source: { address: 1, port: 2 },
    destination: { address: 3, port: 4 },
    data: new Uint8Array(3),
  });
  packet.writeUInt16BE(0, 26);
  const frame = frameOf(packet);
  const found = packetAt(frame, ipIn(0));
  if (found !== undefined) redirect(frame, 0, found, 'source', { address: 5, port: 6 });
  expect([frame.readUInt16BE(24 + 20), frame.readUInt16BE(24 + 26)]).toEqual([6, 0]);
});

test('property: an error about a packet is changed with it', () => {
  fc.assert(
    fc.property(given, endpoint, fc.constantFrom('source', 'destination'), (its, to, side) => {
      const error = (inner: Given) => {
        const about = packetOf(inner).subarray(0, 28);
        const icmp = Buffer.concat([Buffer.of(3, 3, 0, 0, 0, 0, 0, 0), about]);
        icmp.writeUInt16BE(~sumOf(icmp) & 0xffff, 2);
        const outer = packetOf({
          ...inner,
          protocol: 'icmp',
          source: inner.destination,
          destination: inner.source,
          data: about,
        });
        icmp.copy(outer, 20);
        return outer;
      };
      const frame = frameOf(error(its));
      const inner = packetInError(frame, ipIn(0));
      if (inner === undefined) throw new Error('no error');
      expect([inner.source, inner.destination]).toEqual(
        its.protocol === 'icmp'
          ? [its.source, { ...its.destination, port: its.source.port }]
          : [its.source, its.destination],
      );
      redirectError(frame, 0, frame.length, inner, side, to);
      const packet = packetInError(frame, ipIn(0));
      expect(packet?.[side]).toEqual(to);
      const outer = frame.subarray(24);
      expect(outer.readUInt32BE(side === 'source' ? 16 : 12)).toBe(to.address);
      expect([
        sumOf(outer.subarray(0, 20)),
        sumOf(outer.subarray(20)),
        sumOf(outer.subarray(28, 48)),
      ]).toEqual([0xffff, 0xffff, 0xffff]);
    }),
  );
});

test.each([
  ['another protocol', (ip: Buffer) => void ip.writeUInt8(47, 9)],
  ['an ICMP message without a packet', (ip: Buffer) => void ip.writeUInt8(13, 20)],
])('nothing is known of %s', (_, change) => {
  const packet = packetOf({
    protocol: 'icmp',
    source: { address: 1, port: 2 },
    destination: { address: 3, port: 2 },
    data: new Uint8Array(0),
  });
  change(packet);
  expect(packetAt(frameOf(packet), ipIn(0))).toBeUndefined();
});
