import { vnetHeader } from './arena.ts';
import { addressAt } from './frame.ts';
import type { Endpoint, NatFlow, NatProtocol } from './nat.ts';

// IPv4 packets in frames: reading and changing their endpoints. @see RFC 791, 768, 9293, 792; RFC 1624 for checksums

/** The endpoints of a packet. */
export interface Packet extends NatFlow {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** The place of the header of its protocol. */
  readonly at: number;
  /** The place of the header of IPv4. */
  readonly ip: number;
  /** Whether it is the first fragment of several, or a later one, which has no ports. */
  readonly fragment: 'none' | 'first' | 'later';
}

const protocols: Readonly<Record<number, NatProtocol>> = { 1: 'icmp', 6: 'tcp', 17: 'udp' };
/** Where the checksum is in the header of a protocol. */
const checksumAt: Readonly<Record<NatProtocol, number>> = { icmp: 2, tcp: 16, udp: 6 };
const [echoReply, echoRequest] = [0, 8];
/** ICMP messages with the beginning of the packet that they are about. */
const icmpErrors: readonly number[] = [3, 11, 12];
const moreFragments = 0x2000;
/** So many bytes of the packet that it is about are in every ICMP error. */
const cutOff = 8;
const fragmentOffset = 0x1fff;

/** The place of the header of IPv4 in a frame. @param frame where the frame begins. */
export function ipIn(frame: number): number {
  return frame + vnetHeader + 14;
}

/**
 * The packet at a place.
 * @param end where its frame ends.
 * @param isCutOff whether only the first eight bytes of its protocol may be there, as in an ICMP error.
 * @returns undefined for one without endpoints, or without all of what is needed.
 */
export function packetAt(bytes: Uint8Array, ip: number, end: number, isCutOff = false): Packet | undefined {
  const protocol = protocols[bytes[ip + 9] ?? 0];
  if (protocol === undefined) return undefined;
  const at = ip + ((bytes[ip] ?? 0) & 0x0f) * 4;
  const flags = word(bytes, ip + 6);
  const isLater = (flags & fragmentOffset) !== 0;
  const needed = isCutOff ? cutOff : Math.max(cutOff, checksumAt[protocol] + 2);
  if (!isLater && at + needed > end) return undefined;
  const ports = isLater ? ([0, 0] as const) : portsAt(bytes, at, protocol);
  if (ports === undefined) return undefined;
  return {
    ...{ protocol, at, ip },
    phase: protocol === 'tcp' && !isLater ? phaseOf(bytes[at + 13] ?? 0) : undefined,
    source: { address: addressAt(bytes, ip + 12), port: ports[0] },
    destination: { address: addressAt(bytes, ip + 16), port: ports[1] },
    fragment: isLater ? 'later' : (flags & moreFragments) !== 0 ? 'first' : 'none',
  };
}

const tcpFlags = { fin: 1, syn: 2, rst: 4 } as const;

function phaseOf(flags: number): NatFlow['phase'] {
  if ((flags & (tcpFlags.fin | tcpFlags.rst)) !== 0) return 'ends';
  return (flags & tcpFlags.syn) !== 0 ? 'opens' : undefined;
}

/** The source and destination port. That of an echo is its identifier, on the side that has sent the request. */
function portsAt(
  bytes: Uint8Array,
  at: number,
  protocol: NatProtocol,
): readonly [source: number, destination: number] | undefined {
  if (protocol !== 'icmp') return [word(bytes, at), word(bytes, at + 2)];
  const type = bytes[at];
  if (type !== echoRequest && type !== echoReply) return undefined;
  const id = word(bytes, at + 4);
  return [id, id];
}

/** The packet that an ICMP error is about; undefined if it is none. @param end where its frame ends. */
export function packetInError(bytes: Uint8Array, ip: number, end: number): Packet | undefined {
  const at = ip + ((bytes[ip] ?? 0) & 0x0f) * 4;
  const isFragment = (word(bytes, ip + 6) & (moreFragments | fragmentOffset)) !== 0;
  const inner = at + 8;
  if (bytes[ip + 9] !== 1 || isFragment || inner + 28 > end || !icmpErrors.includes(bytes[at] ?? 0))
    return undefined;
  return packetAt(bytes, inner, end, true);
}

/** What identifies the fragments of a datagram, as text. */
export function fragmentsOf(bytes: Uint8Array, { ip, protocol }: Packet): string {
  const [source, destination] = [addressAt(bytes, ip + 12), addressAt(bytes, ip + 16)];
  return `${protocol} ${source} ${destination} ${word(bytes, ip + 4)}`;
}

/** How the checksums of a packet are kept. */
interface Sums {
  /** The place of that of its protocol; undefined if it has none. */
  readonly at: number | undefined;
  /** Whether it covers nothing but the addresses yet, and the rest is added by the receiver. */
  readonly isPartial: boolean;
}

/** Changes the source of a packet, or its destination. @param frame where its frame begins. */
export function redirect(
  bytes: Uint8Array,
  frame: number,
  packet: Packet,
  side: 'source' | 'destination',
  to: Endpoint,
): void {
  const { ip, at, protocol, fragment } = packet;
  const sumAt = at + checksumAt[protocol];
  const hasSum = fragment !== 'later' && !(protocol === 'udp' && word(bytes, sumAt) === 0);
  const isPartial = ((bytes[frame] ?? 0) & 1) === 1;
  const sums: Sums = { at: hasSum ? sumAt : undefined, isPartial };
  const address = ip + (side === 'source' ? 12 : 16);
  for (const [offset, value] of [
    [0, Math.floor(to.address / 0x1_0000)],
    [2, to.address % 0x1_0000],
  ] as const) {
    const before = word(bytes, address + offset);
    setWord(bytes, address + offset, value);
    adjust(bytes, ip + 10, before, value, false);
    // The checksum of ICMP does not cover the addresses.
    if (sums.at !== undefined && protocol !== 'icmp') adjust(bytes, sums.at, before, value, isPartial);
  }
  if (fragment === 'later') return;
  const port = protocol === 'icmp' ? at + 4 : side === 'source' ? at : at + 2;
  const before = word(bytes, port);
  setWord(bytes, port, to.port);
  if (sums.at !== undefined && !isPartial) adjust(bytes, sums.at, before, to.port, false);
  if (protocol === 'udp' && sums.at !== undefined && !isPartial && word(bytes, sums.at) === 0)
    setWord(bytes, sums.at, 0xffff);
}

/**
 * Changes an ICMP error and the packet in it, as if it were about another endpoint: its destination and the source of
 * the packet in it (`source`), or its source and the destination of the packet in it.
 * @param length of the frame.
 */
export function redirectError(
  bytes: Uint8Array,
  frame: number,
  length: number,
  inner: Packet,
  side: 'source' | 'destination',
  to: Endpoint,
): void {
  const ip = ipIn(frame);
  const outer = ip + (side === 'source' ? 16 : 12);
  for (const [place, sum] of [
    [outer, ip + 10],
    [inner.ip + (side === 'source' ? 12 : 16), inner.ip + 10],
  ] as const)
    for (const [offset, value] of [
      [0, Math.floor(to.address / 0x1_0000)],
      [2, to.address % 0x1_0000],
    ] as const) {
      adjust(bytes, sum, word(bytes, place + offset), value, false);
      setWord(bytes, place + offset, value);
    }
  const port = inner.protocol === 'icmp' ? inner.at + 4 : side === 'source' ? inner.at : inner.at + 2;
  setWord(bytes, port, to.port);
  const icmp = ip + ((bytes[ip] ?? 0) & 0x0f) * 4;
  const end = Math.min(frame + length, ip + word(bytes, ip + 2));
  setWord(bytes, icmp + 2, 0);
  setWord(bytes, icmp + 2, checksum(bytes, icmp, end));
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function setWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}

/** Changes a checksum for a word that changes. @see RFC 1624, equation 3. A partial one is not inverted. */
function adjust(bytes: Uint8Array, at: number, before: number, after: number, isPartial: boolean): void {
  const sum = isPartial ? word(bytes, at) : ~word(bytes, at) & 0xffff;
  const changed = folded(sum + (~before & 0xffff) + after);
  setWord(bytes, at, isPartial ? changed : ~changed & 0xffff);
}

function checksum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) sum += at + 1 < to ? word(bytes, at) : (bytes[at] ?? 0) << 8;
  return ~folded(sum) & 0xffff;
}

function folded(sum: number): number {
  let all = sum;
  while (all > 0xffff) all = (all & 0xffff) + Math.floor(all / 0x1_0000);
  return all;
}
