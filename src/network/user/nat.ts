import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { NatBehavior } from '../nat-kind.ts';

/** What a NAT translates. For an ICMP echo, the port is its identifier. */
export type NatProtocol = 'udp' | 'tcp' | 'icmp';

/** An IPv4 address as a number, and a port. */
export interface Endpoint {
  readonly address: number;
  readonly port: number;
}

/** The external port of an instance's port. */
interface Mapping {
  readonly inner: Endpoint;
  readonly external: number;
  /** Whom the instance has sent to. */
  readonly contacted: Set<string>;
  /** When it was used last, in ms. */
  used: number;
}

/** How long, in ms, a mapping stays without use. @see RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2 */
const idleMs: Readonly<Record<NatProtocol, number>> = { udp: 300_000, tcp: 7_440_000, icmp: 60_000 };
/** Ports that are given to what has none, or whose own is taken. */
const dynamicPorts = { from: 1_024, to: 65_535 } as const;

/** A NAT with one external address. It translates endpoints; packets are not its business. */
export class Nat {
  readonly address: number;
  readonly #behavior: NatBehavior;
  readonly #random: () => number;
  readonly #byInner = new Map<string, Mapping>();
  readonly #byExternal = new Map<string, Mapping>();

  /** @param seed four 32-bit numbers, not all of them 0. */
  constructor(address: number, behavior: NatBehavior, seed: readonly number[]) {
    this.address = address;
    this.#behavior = behavior;
    const generator = xoroshiro128plusFromState(seed);
    this.#random = () => uniformInt(generator, dynamicPorts.from, dynamicPorts.to);
  }

  /**
   * What an instance sends to a remote endpoint leaves from this external port.
   * @returns undefined if no port is free.
   */
  out(protocol: NatProtocol, inner: Endpoint, remote: Endpoint, now: number): number | undefined {
    const key = this.#keyOf(protocol, inner, remote);
    const mapping =
      this.#fresh(protocol, this.#byInner.get(key), now) ?? this.#map(protocol, key, inner, now);
    if (mapping === undefined) return undefined;
    mapping.used = now;
    mapping.contacted.add(this.#contactOf(remote));
    return mapping.external;
  }

  /**
   * Where what a remote endpoint sends to an external port goes.
   * @returns undefined if nothing is there, or the remote may not send to it.
   */
  in(protocol: NatProtocol, external: number, remote: Endpoint, now: number): Endpoint | undefined {
    const mapping = this.#fresh(protocol, this.#byExternal.get(externalKey(protocol, external)), now);
    if (mapping === undefined) return undefined;
    const isOpen = this.#behavior.filtering === 'none' || mapping.contacted.has(this.#contactOf(remote));
    return isOpen ? mapping.inner : undefined;
  }

  /** The external port that an instance's port has for a remote; undefined if it has none. */
  externalOf(protocol: NatProtocol, inner: Endpoint, remote: Endpoint, now: number): number | undefined {
    return this.#fresh(protocol, this.#byInner.get(this.#keyOf(protocol, inner, remote)), now)?.external;
  }

  #keyOf(protocol: NatProtocol, inner: Endpoint, remote: Endpoint): string {
    const key = `${protocol} ${textOf(inner)}`;
    return this.#behavior.mapping === 'by-source' ? key : `${key} ${textOf(remote)}`;
  }

  #contactOf(remote: Endpoint): string {
    return this.#behavior.filtering === 'address' ? String(remote.address) : textOf(remote);
  }

  /** A mapping that has not expired. */
  #fresh(protocol: NatProtocol, mapping: Mapping | undefined, now: number): Mapping | undefined {
    return mapping !== undefined && now - mapping.used <= idleMs[protocol] ? mapping : undefined;
  }

  #map(protocol: NatProtocol, key: string, inner: Endpoint, now: number): Mapping | undefined {
    const external = this.#freePort(protocol, inner.port, now);
    if (external === undefined) return undefined;
    const mapping = { inner, external, contacted: new Set<string>(), used: now };
    this.#byInner.set(key, mapping);
    this.#byExternal.set(externalKey(protocol, external), mapping);
    return mapping;
  }

  /** The instance's own port if the mapping is by source and it is free; a random one otherwise. */
  #freePort(protocol: NatProtocol, own: number, now: number): number | undefined {
    const isFree = (port: number) =>
      this.#fresh(protocol, this.#byExternal.get(externalKey(protocol, port)), now) === undefined;
    if (this.#behavior.mapping === 'by-source' && isFree(own)) return own;
    const first = this.#random();
    const count = dynamicPorts.to - dynamicPorts.from + 1;
    for (let step = 0; step < count; step++) {
      const port = dynamicPorts.from + ((first - dynamicPorts.from + step) % count);
      if (isFree(port)) return port;
    }
    return undefined;
  }
}

function externalKey(protocol: NatProtocol, port: number): string {
  return `${protocol} ${port}`;
}

function textOf({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}
