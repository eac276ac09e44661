import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipIn, packetAt, packetInError, redirect, redirectError } from '../../../src/network/user/packet.ts';
import { frameOf, type Given, type Protocol, packetOf, sumOf } from '../../support/packets.ts';

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
        const packet = packetAt(frame, ipIn(0), frame.length);
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
  const found = packetAt(frame, ipIn(0), frame.length);
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
      const inner = packetInError(frame, ipIn(0), frame.length);
      if (inner === undefined) throw new Error('no error');
      expect([inner.source, inner.destination]).toEqual(
        its.protocol === 'icmp'
          ? [its.source, { ...its.destination, port: its.source.port }]
          : [its.source, its.destination],
      );
      redirectError(frame, 0, frame.length, inner, side, to);
      const packet = packetInError(frame, ipIn(0), frame.length);
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
  expect(packetAt(frameOf(packet), ipIn(0), 1_000)).toBeUndefined();
});
