import type { Endpoint, Nat } from './nat.ts';
import {
  fragmentsOf,
  ipIn,
  type Packet,
  packetAt,
  packetInError,
  redirect,
  redirectError,
} from './packet.ts';

/** A frame in memory. */
export interface FrameBytes {
  readonly bytes: Uint8Array;
  /** Where it begins. */
  readonly at: number;
  readonly length: number;
}

/** How many datagrams in fragments are remembered. */
const mostFragmented = 256;

/** Translates frames on their way through a NAT. */
export class NatGateway {
  readonly nat: Nat;
  /** What the first fragment of a datagram was redirected to. */
  readonly #fragments = new Map<string, Endpoint>();

  constructor(nat: Nat) {
    this.nat = nat;
  }

  /** Gives a frame that leaves the source that others see. @returns whether it may leave. */
  leave({ bytes, at, length }: FrameBytes, now: number): boolean {
    const { address } = this.nat;
    const ip = ipIn(at);
    const about = packetInError(bytes, ip, at + length);
    if (about !== undefined) {
      const port = this.nat.externalOf(about.protocol, about.destination, about.source, now);
      if (port !== undefined) redirectError(bytes, at, length, about, 'destination', { address, port });
      return port !== undefined;
    }
    const packet = packetAt(bytes, ip, at + length);
    if (packet === undefined) return false;
    const external = this.#once(bytes, packet, ({ source, destination }) => {
      const port = this.nat.out(packet, source, destination, now);
      return port === undefined ? undefined : { address, port };
    });
    if (external !== undefined) redirect(bytes, at, packet, 'source', external);
    return external !== undefined;
  }

  /** Gives a frame that arrives its destination behind the NAT. @returns its address; undefined if it may not enter. */
  enter({ bytes, at, length }: FrameBytes, now: number): number | undefined {
    const ip = ipIn(at);
    const about = packetInError(bytes, ip, at + length);
    if (about !== undefined) {
      const inner = this.nat.in({ protocol: about.protocol }, about.source.port, about.destination, now);
      if (inner !== undefined) redirectError(bytes, at, length, about, 'source', inner);
      return inner?.address;
    }
    const packet = packetAt(bytes, ip, at + length);
    if (packet === undefined) return undefined;
    const inner = this.#once(bytes, packet, ({ source, destination }) =>
      this.nat.in(packet, destination.port, source, now),
    );
    if (inner !== undefined) redirect(bytes, at, packet, 'destination', inner);
    return inner?.address;
  }

  /** All fragments of a datagram go where the first one goes; those before it have no way. */
  #once(
    bytes: Uint8Array,
    packet: Packet,
    decide: (packet: Packet) => Endpoint | undefined,
  ): Endpoint | undefined {
    if (packet.fragment === 'none') return decide(packet);
    const key = fragmentsOf(bytes, packet);
    if (packet.fragment === 'later') return this.#fragments.get(key);
    const to = decide(packet);
    this.#fragments.delete(key);
    if (to === undefined) return undefined;
    const [oldest] = this.#fragments.keys();
    if (this.#fragments.size >= mostFragmented && oldest !== undefined) this.#fragments.delete(oldest);
    this.#fragments.set(key, to);
    return to;
  }
}
