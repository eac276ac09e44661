import type { Endpoint } from '../../src/network/user/nat.ts';

const numbers = { icmp: 1, tcp: 6, udp: 17 } as const;
const headers = { icmp: 8, tcp: 20, udp: 8 } as const;
const sumsAt = { icmp: 2, tcp: 16, udp: 6 } as const;

export type Protocol = keyof typeof numbers;

/** A packet to be made. */
export interface Given {
  readonly protocol: Protocol;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly data: Uint8Array;
  /** Whether the device is to complete the checksum. */
  readonly isPartial?: boolean;
}

/** The sum of 16-bit words, as in checksums. */
export function sumOf(bytes: Uint8Array, start = 0): number {
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
export function packetOf({ protocol, source, destination, data, isPartial = false }: Given): Buffer {
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
export function frameOf(packet: Buffer, isPartial = false): Buffer {
  const head = Buffer.alloc(24);
  if (isPartial) head[0] = 1;
  return Buffer.concat([head, packet]);
}
