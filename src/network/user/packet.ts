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
/** How many bytes of a packet follow its IPv4 header in every ICMP error. @see RFC 792 */
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
  const at = payloadAt(bytes, ip);
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
  const at = payloadAt(bytes, ip);
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

type End = 'source' | 'destination';

/** A checksum that covers a word. */
interface Sum {
  readonly at: number;
  /** Whether it covers nothing but the addresses yet, and the device adds the rest. */
  readonly isPartial: boolean;
}

/** Changes the source of a packet, or its destination. @param frame where its frame begins. */
export function redirect(bytes: Uint8Array, frame: number, packet: Packet, end: End, to: Endpoint): void {
  const { ip, at, protocol, fragment } = packet;
  const sum = { at: at + checksumAt[protocol], isPartial: ((bytes[frame] ?? 0) & 1) === 1 };
  const hasSum = fragment !== 'later' && !(protocol === 'udp' && word(bytes, sum.at) === 0);
  // The checksum of ICMP does not cover the addresses, and a partial one not the ports.
  const ofAddresses = hasSum && protocol !== 'icmp' ? [sum] : [];
  const ofPorts = hasSum && !sum.isPartial ? [sum] : [];
  setAddress(bytes, addressPlace(ip, end), to.address, [headerSum(ip), ...ofAddresses]);
  if (fragment === 'later') return;
  changeWord(bytes, portPlace(packet, end), to.port, ofPorts);
  if (protocol === 'udp' && ofPorts.length > 0 && word(bytes, sum.at) === 0) setWord(bytes, sum.at, 0xffff);
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
  end: End,
  to: Endpoint,
): void {
  const ip = ipIn(frame);
  const outer = end === 'source' ? 'destination' : 'source';
  setAddress(bytes, addressPlace(ip, outer), to.address, [headerSum(ip)]);
  setAddress(bytes, addressPlace(inner.ip, end), to.address, [headerSum(inner.ip)]);
  setWord(bytes, portPlace(inner, end), to.port);
  const icmp = payloadAt(bytes, ip);
  const last = Math.min(frame + length, ip + word(bytes, ip + 2));
  setWord(bytes, icmp + 2, 0);
  setWord(bytes, icmp + 2, checksum(bytes, icmp, last));
}

function headerSum(ip: number): Sum {
  return { at: ip + 10, isPartial: false };
}

function addressPlace(ip: number, end: End): number {
  return ip + (end === 'source' ? 12 : 16);
}

function portPlace({ protocol, at }: Packet, end: End): number {
  if (protocol === 'icmp') return at + 4;
  return end === 'source' ? at : at + 2;
}

/** Where the payload of an IPv4 packet begins. */
function payloadAt(bytes: Uint8Array, ip: number): number {
  return ip + ((bytes[ip] ?? 0) & 0x0f) * 4;
}

function setAddress(bytes: Uint8Array, at: number, address: number, sums: readonly Sum[]): void {
  changeWord(bytes, at, Math.floor(address / 0x1_0000), sums);
  changeWord(bytes, at + 2, address % 0x1_0000, sums);
}

/** Changes a word, and the checksums that cover it. */
function changeWord(bytes: Uint8Array, at: number, value: number, sums: readonly Sum[]): void {
  for (const sum of sums) adjust(bytes, sum, word(bytes, at), value);
  setWord(bytes, at, value);
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function setWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}

/** Changes a checksum for a word that changes. @see RFC 1624, equation 3. A partial one is not inverted. */
function adjust(bytes: Uint8Array, { at, isPartial }: Sum, before: number, after: number): void {
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
