import { setImmediate } from 'node:timers/promises';
import { attribute, attributesIn, mac, nested, text, u8, u32 } from './encode.ts';
import { create, type Netlink, NetlinkError } from './netlink.ts';

const [newLink, deleteLink, getLink] = [16, 17, 18];
const attributes = {
  address: 1,
  name: 3,
  mtu: 4,
  master: 10,
  queue: 13,
  operation: 16,
  info: 18,
  statistics: 23,
  perFamily: 26,
  namespace: 28,
};
const [kind, data] = [1, 2];

/** One end of a veth pair. */
export interface VethEnd {
  readonly name: string;
  /** The namespace in which it is created. */
  readonly netns: number;
  /** Its hardware address; chosen by the kernel if it is left out. */
  readonly mac?: string;
}

/** Creates a pair of virtual network devices. @see veth(4) */
export function addVeth(netlink: Netlink, one: VethEnd, other: VethEnd): void {
  const peer = 1;
  const body = Buffer.concat([
    linkHeader({}),
    ...endAttributes(one),
    nested(
      attributes.info,
      attribute(kind, Buffer.from('veth')),
      nested(data, attribute(peer, Buffer.concat([linkHeader({}), ...endAttributes(other)]))),
    ),
  ]);
  netlink.change(`create ${one.name} and ${other.name}`, newLink, create.new, body);
}

function endAttributes({ name, netns, mac: address }: VethEnd): Buffer[] {
  return [
    attribute(attributes.name, text(name)),
    ...(address === undefined ? [] : [attribute(attributes.address, mac(address))]),
    attribute(attributes.namespace, u32(netns)),
  ];
}

/** The settings of a link that can be changed. */
export interface LinkChange {
  readonly isUp?: boolean;
  readonly mtu?: number;
  readonly name?: string;
  /** The file descriptor of the namespace that it moves to. */
  readonly netns?: number;
}

/** Changes a link. */
export function changeLink(netlink: Netlink, index: number, change: LinkChange): void {
  const { isUp, mtu, name, netns } = change;
  const body = Buffer.concat([
    linkHeader({ index, ...(isUp === undefined ? {} : { isUp }) }),
    ...(mtu === undefined ? [] : [attribute(attributes.mtu, u32(mtu))]),
    ...(name === undefined ? [] : [attribute(attributes.name, text(name))]),
    ...(netns === undefined ? [] : [attribute(attributes.namespace, u32(netns))]),
  ]);
  netlink.change(`change link ${index}`, newLink, 0, body);
}

/** Prevents that a link gives itself an IPv6 address, which would appear some time after it is up. */
export function withoutOwnIpv6(netlink: Netlink, index: number): void {
  const [inet6, generation, none] = [10, 8, 1];
  const family = nested(inet6, attribute(generation, u8(none)));
  const body = Buffer.concat([linkHeader({ index }), nested(attributes.perFamily, family)]);
  try {
    netlink.change(`disable IPv6 addresses of link ${index}`, newLink, 0, body);
  } catch (error) {
    // A kernel without IPv6 gives no such addresses.
    if (!(error instanceof NetlinkError) || error.code !== 'EAFNOSUPPORT') throw error;
  }
}

/** Settings of IPv4 for a link, as in /proc/sys/net/ipv4/conf, which a container may have mounted read-only. */
const ipv4Settings = { forwarding: 1, proxy_arp: 3, rp_filter: 8 } as const;

/** Changes a setting of IPv4 for a link. */
export function setIpv4(
  netlink: Netlink,
  index: number,
  setting: keyof typeof ipv4Settings,
  value: number,
): void {
  const [inet, configuration] = [2, 1];
  const changed = attribute(ipv4Settings[setting], u32(value));
  const family = nested(inet, nested(configuration, changed));
  const body = Buffer.concat([linkHeader({ index }), nested(attributes.perFamily, family)]);
  netlink.change(`set ${setting} of link ${index}`, newLink, 0, body);
}

/** The index of the link with a name. @throws NetlinkError if there is none. */
export function indexOf(netlink: Netlink, name: string): number {
  const body = Buffer.concat([linkHeader({}), attribute(attributes.name, text(name))]);
  return netlink.get(`find ${name}`, getLink, body).readInt32LE(4);
}

/**
 * Waits until a link whose two ends are up is in operation. Its carrier is there at once, but the kernel gives it a
 * queue, and the flag IFF_RUNNING, a moment later: until then it drops what is sent, without an error, and programs
 * that list the devices in operation do not see it.
 * @throws NetlinkError if the link is gone.
 */
export async function whenOperating(netlink: Netlink, index: number): Promise<void> {
  const operating = 6;
  for (;;) {
    const link = netlink.get(`ask for the state of link ${index}`, getLink, linkHeader({ index }));
    if (attributesIn(link.subarray(16)).get(attributes.operation)?.[0] === operating) return;
    await setImmediate();
  }
}

export function removeLink(netlink: Netlink, index: number): void {
  netlink.change(`remove link ${index}`, deleteLink, 0, linkHeader({ index }));
}

/** What has passed a link. */
export interface LinkStatistics {
  readonly received: number;
  readonly receivedBytes: number;
  readonly sent: number;
  readonly sentBytes: number;
  /** Packets that it could not send. */
  readonly unsent: number;
}

/** What has passed each link, by its index. */
export function linkStatistics(netlink: Netlink): ReadonlyMap<number, LinkStatistics> {
  const found = new Map<number, LinkStatistics>();
  for (const body of netlink.list('list links', getLink, linkHeader({}))) {
    const its = attributesIn(body.subarray(16)).get(attributes.statistics);
    if (its === undefined) continue;
    const [received, sent, receivedBytes, sentBytes, , , , unsent] = new BigUint64Array(
      Uint8Array.from(its.subarray(0, 64)).buffer,
    );
    const counts = { received, receivedBytes, sent, sentBytes, unsent };
    found.set(body.readInt32LE(4), numbersOf(counts));
  }
  return found;
}

function numbersOf<Name extends string>(
  counts: Readonly<Record<Name, bigint | undefined>>,
): Record<Name, number> {
  return Object.fromEntries(
    Object.entries<bigint | undefined>(counts).map(([name, count]) => [name, Number(count ?? 0n)]),
  ) as Record<Name, number>;
}

/** struct ifinfomsg: family, type, index, flags, and which of the flags are changed. */
function linkHeader({ index = 0, isUp }: { readonly index?: number; readonly isUp?: boolean }): Buffer {
  const head = Buffer.alloc(16);
  const up = 1;
  head.writeInt32LE(index, 4);
  head.writeUInt32LE(isUp === true ? up : 0, 8);
  head.writeUInt32LE(isUp === undefined ? 0 : up, 12);
  return head;
}
