import { vnetHeader } from './arena.ts';

// Frames in memory: the header of virtio, which describes checksum and segments, then that of Ethernet.

/** The shortest frame that has an IPv4 header. */
export const shortestFrame = vnetHeader + 14 + 20;

/** What a frame is, as far as a switch must know. */
export type FrameKind = 'to-one' | 'to-all' | 'other';

const ipType = 0x0800;

/** @param at where the frame begins. */
export function kindOf(bytes: Uint8Array, at: number): FrameKind {
  const ethernet = at + vnetHeader;
  const type = ((bytes[ethernet + 12] ?? 0) << 8) | (bytes[ethernet + 13] ?? 0);
  if (type !== ipType) return 'other';
  return ((bytes[ethernet] ?? 0) & 1) === 1 ? 'to-all' : 'to-one';
}

/** The IPv4 address that a frame is sent to, as a number. */
export function destinationOf(bytes: Uint8Array, at: number): number {
  return addressAt(bytes, at + vnetHeader + 30);
}

/** The IPv4 address that a frame is sent from, as a number. */
export function sourceOf(bytes: Uint8Array, at: number): number {
  return addressAt(bytes, at + vnetHeader + 26);
}

/** An IPv4 address as a number. */
export function addressAt(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const low = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  return high * 0x1_0000 + low;
}

/** The bytes of a frame on the wire: one that stands for many has the headers of all. */
export function wireBytes(bytes: Uint8Array, at: number, length: number): number {
  const own = length - vnetHeader;
  const segment = (bytes[at + 4] ?? 0) | ((bytes[at + 5] ?? 0) << 8);
  if (segment === 0) return own;
  const headers = (bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8);
  return own + Math.max(0, Math.ceil((own - headers) / segment) - 1) * headers;
}

/** Addresses a frame to the next hop. Broadcasts keep their destination. */
export function readdress(bytes: Uint8Array, at: number, from: Uint8Array, to: Uint8Array): void {
  const ethernet = at + vnetHeader;
  if (((bytes[ethernet] ?? 0) & 1) === 0) bytes.set(to, ethernet);
  bytes.set(from, ethernet + 6);
}

/** The number of bits behind the header of Ethernet. */
export function payloadBits(length: number): number {
  return (length - vnetHeader - 14) * 8;
}

/** Flips a bit behind the header of Ethernet. */
export function flipBit(bytes: Uint8Array, at: number, bit: number): void {
  const byte = at + vnetHeader + 14 + (bit >> 3);
  bytes[byte] = (bytes[byte] ?? 0) ^ (1 << (bit & 7));
}
