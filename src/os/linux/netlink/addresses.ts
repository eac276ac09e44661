import { attribute, attributesIn, ipv4, mac, u32 } from './encode.ts';
import { create, type Netlink } from './netlink.ts';

const [newAddress, deleteAddress, getAddress] = [20, 21, 22];
const newNeighbour = 28;
const inet = 2;

/** An IPv4 address of a link. */
export interface LinkAddress {
  readonly link: number;
  readonly address: string;
  readonly prefix: number;
}

/** Adds an address. @param hasRoute whether its subnet becomes reachable through the link. */
export function addAddress(netlink: Netlink, its: LinkAddress, hasRoute: boolean): void {
  const noPrefixRoute = 0x200;
  const body = Buffer.concat([addressBody(its), attribute(8, u32(hasRoute ? 0 : noPrefixRoute))]);
  netlink.change(`add address ${its.address}`, newAddress, create.new, body);
}

export function removeAddress(netlink: Netlink, its: LinkAddress): void {
  netlink.change(`remove address ${its.address}`, deleteAddress, 0, addressBody(its));
}

/** The IPv4 addresses of a link. */
export function addressesOf(netlink: Netlink, link: number): LinkAddress[] {
  const all = netlink.list('list addresses', getAddress, addressHeader({ link: 0, prefix: 0 }));
  return all
    .filter((body) => body.readUInt32LE(4) === link)
    .map((body) => {
      const local = attributesIn(body.subarray(8)).get(2) ?? Buffer.alloc(4);
      return { link, address: [...local].join('.'), prefix: body.readUInt8(1) };
    });
}

function addressBody({ link, address, prefix }: LinkAddress): Buffer {
  const bytes = ipv4(address);
  return Buffer.concat([addressHeader({ link, prefix }), attribute(2, bytes), attribute(1, bytes)]);
}

/** struct ifaddrmsg: family, length of the prefix, flags, scope, index of the link. */
function addressHeader({ link, prefix }: Omit<LinkAddress, 'address'>): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(inet, 0);
  head.writeUInt8(prefix, 1);
  head.writeUInt32LE(link, 4);
  return head;
}

/** Fixes the hardware address of a neighbour: it is never asked for. */
export function addNeighbour(netlink: Netlink, link: number, address: string, hardware: string): void {
  const permanent = 0x80;
  const head = Buffer.alloc(12);
  head.writeUInt8(inet, 0);
  head.writeInt32LE(link, 4);
  head.writeUInt16LE(permanent, 8);
  const body = Buffer.concat([head, attribute(1, ipv4(address)), attribute(2, mac(hardware))]);
  netlink.change(`add neighbour ${address}`, newNeighbour, create.replace, body);
}
