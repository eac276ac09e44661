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

/** A packet, as far as a NAT is concerned. */
export interface NatFlow {
  readonly protocol: NatProtocol;
  /** Whether it opens a TCP connection, or ends one. */
  readonly phase?: 'opens' | 'ends' | undefined;
}

/** The external port of an instance's port. */
interface Mapping {
  readonly key: string;
  readonly inner: Endpoint;
  readonly external: string;
  readonly port: number;
  /** Whom the instance has sent to, and when last, in ms. */
  readonly contacted: Map<string, number>;
  /** When it was used last, in ms. */
  used: number;
  /** How long, in ms, it stays without use. */
  idle: number;
}

/** How long, in ms, a mapping stays without use. @see RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2 */
const idleMs: Readonly<Record<NatProtocol, number>> = { udp: 300_000, tcp: 7_440_000, icmp: 60_000 };
/** The same for TCP after a connection has ended. */
const endedIdleMs = 240_000;
/** Ports that are given to what has none, or whose own is taken. */
const dynamicPorts = { from: 1_024, to: 65_535 } as const;
/** How many random ports are tried: more would hold up the switch when nearly all are taken. */
const attempts = 128;
/** After how many new mappings those that have expired are removed. */
const sweepAfter = 1_024;

/** A NAT with one external address. It translates endpoints; packets are not its business. */
export class Nat {
  readonly address: number;
  readonly #behavior: NatBehavior;
  readonly #random: () => number;
  readonly #byInner = new Map<string, Mapping>();
  readonly #byExternal = new Map<string, Mapping>();
  #sinceSweep = 0;

  /** @param seed four 32-bit numbers, not all of them 0. */
  constructor(address: number, behavior: NatBehavior, seed: readonly number[]) {
    this.address = address;
    this.#behavior = behavior;
    const generator = xoroshiro128plusFromState(seed);
    this.#random = () => uniformInt(generator, dynamicPorts.from, dynamicPorts.to);
  }

  /** The number of mappings, including those that have expired and are not removed yet. */
  get size(): number {
    return this.#byInner.size;
  }

  /**
   * What an instance sends to a remote endpoint leaves from this external port.
   * @returns undefined if no port is free.
   */
  out({ protocol, phase }: NatFlow, inner: Endpoint, remote: Endpoint, now: number): number | undefined {
    const key = this.#keyOf(protocol, inner, remote);
    const mapping = fresh(this.#byInner.get(key), now) ?? this.#map(protocol, key, inner, now);
    if (mapping === undefined) return undefined;
    mapping.used = now;
    if (phase === 'opens') mapping.idle = idleMs[protocol];
    if (phase === 'ends') mapping.idle = endedIdleMs;
    if (this.#behavior.filtering !== 'none') mapping.contacted.set(this.#contactOf(protocol, remote), now);
    return mapping.port;
  }

  /**
   * Where what a remote endpoint sends to an external port goes.
   * @returns undefined if nothing is there, or the remote may not send to it.
   */
  in({ protocol, phase }: NatFlow, port: number, remote: Endpoint, now: number): Endpoint | undefined {
    const mapping = fresh(this.#byExternal.get(externalKey(protocol, port)), now);
    if (mapping === undefined) return undefined;
    if (this.#behavior.filtering !== 'none') {
      const at = mapping.contacted.get(this.#contactOf(protocol, remote));
      if (at === undefined || now - at > mapping.idle) return undefined;
    }
    if (phase === 'ends') mapping.idle = endedIdleMs;
    return mapping.inner;
  }

  /** The external port that an instance's port has for a remote; undefined if it has none. */
  externalOf(protocol: NatProtocol, inner: Endpoint, remote: Endpoint, now: number): number | undefined {
    return fresh(this.#byInner.get(this.#keyOf(protocol, inner, remote)), now)?.port;
  }

  /** Forgets all mappings, as one that was restarted. */
  forget(): void {
    this.#byInner.clear();
    this.#byExternal.clear();
  }

  #keyOf(protocol: NatProtocol, inner: Endpoint, remote: Endpoint): string {
    const key = `${protocol} ${textOf(inner)}`;
    return this.#behavior.mapping === 'by-source' ? key : `${key} ${remoteText(protocol, remote)}`;
  }

  #contactOf(protocol: NatProtocol, remote: Endpoint): string {
    return this.#behavior.filtering === 'address' ? String(remote.address) : remoteText(protocol, remote);
  }

  #map(protocol: NatProtocol, key: string, inner: Endpoint, now: number): Mapping | undefined {
    const port = this.#freePort(protocol, inner.port, now);
    if (port === undefined) return undefined;
    if (++this.#sinceSweep >= sweepAfter) this.#sweep(now);
    const external = externalKey(protocol, port);
    const mapping = {
      ...{ key, inner, external, port, contacted: new Map<string, number>() },
      ...{ used: now, idle: idleMs[protocol] },
    };
    for (const replaced of [this.#byInner.get(key), this.#byExternal.get(external)])
      if (replaced !== undefined) this.#remove(replaced);
    this.#byInner.set(key, mapping);
    this.#byExternal.set(external, mapping);
    return mapping;
  }

  /** The instance's own port if the mapping is by source and it is free; a random one otherwise. */
  #freePort(protocol: NatProtocol, own: number, now: number): number | undefined {
    const isFree = (port: number) =>
      fresh(this.#byExternal.get(externalKey(protocol, port)), now) === undefined;
    if (this.#behavior.mapping === 'by-source' && isFree(own)) return own;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const port = this.#random();
      if (isFree(port)) return port;
    }
    return undefined;
  }

  #sweep(now: number): void {
    this.#sinceSweep = 0;
    for (const mapping of this.#byInner.values()) {
      if (fresh(mapping, now) === undefined) this.#remove(mapping);
      for (const [contact, at] of mapping.contacted)
        if (now - at > mapping.idle) mapping.contacted.delete(contact);
    }
  }

  #remove(mapping: Mapping): void {
    if (this.#byInner.get(mapping.key) === mapping) this.#byInner.delete(mapping.key);
    if (this.#byExternal.get(mapping.external) === mapping) this.#byExternal.delete(mapping.external);
  }
}

/** A mapping that has not expired. */
function fresh(mapping: Mapping | undefined, now: number): Mapping | undefined {
  return mapping !== undefined && now - mapping.used <= mapping.idle ? mapping : undefined;
}

function externalKey(protocol: NatProtocol, port: number): string {
  return `${protocol} ${port}`;
}

function textOf({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}

/** The other side of an echo has no port of its own. */
function remoteText(protocol: NatProtocol, remote: Endpoint): string {
  return protocol === 'icmp' ? String(remote.address) : textOf(remote);
}
