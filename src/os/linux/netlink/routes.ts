import { attribute, ipv4, u32 } from './encode.ts';
import { create, type Netlink, NetlinkError } from './netlink.ts';

const [newRoute, deleteRoute] = [24, 25];
const [inet, mainTable, staticProtocol] = [2, 254, 4];
const types = { unicast: 1, blackhole: 6, prohibit: 8, throw: 9 } as const;
const universe = 0;
const onLinkScope = 253;
/** The gateway is a neighbour, even if no address of the link is in its subnet. */
const onLinkFlag = 4;

/** A route of the main table. */
export interface Route {
  /** `16.0.0.0`; `0.0.0.0` with a prefix of 0 for the default route. */
  readonly destination: string;
  readonly prefix: number;
  /** `throw`: there is no route here, whatever less specific ones there are. */
  readonly type: keyof typeof types;
  /** The index of the link; for unicast only. */
  readonly link?: number;
  /** Undefined for a destination that is reached directly. */
  readonly gateway?: string;
  /** Of routes with the same destination, the one with the lowest counts; default: 0. */
  readonly metric?: number;
}

/** Adds a route, or replaces the one with the same destination. */
export function setRoute(netlink: Netlink, route: Route): void {
  netlink.change(`add route ${textOf(route)}`, newRoute, create.replace, bodyOf(route));
}

/** Removes a route, if it is there. */
export function removeRoute(netlink: Netlink, route: Route): void {
  try {
    netlink.change(`remove route ${textOf(route)}`, deleteRoute, 0, bodyOf(route));
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== 'ESRCH') throw error;
  }
}

function textOf({ destination, prefix, type }: Route): string {
  return `${destination}/${prefix}${type === 'unicast' ? '' : ` (${type})`}`;
}

function bodyOf(route: Route): Buffer {
  const { destination, prefix, link, gateway, metric } = route;
  return Buffer.concat([
    headOf(route),
    ...(prefix === 0 ? [] : [attribute(1, ipv4(destination))]),
    ...(gateway === undefined ? [] : [attribute(5, ipv4(gateway))]),
    ...(link === undefined ? [] : [attribute(4, u32(link))]),
    ...(metric === undefined ? [] : [attribute(6, u32(metric))]),
  ]);
}

/** struct rtmsg: family, lengths of prefixes, type of service, table, protocol, scope, type, flags. */
function headOf({
  prefix,
  type,
  link,
  gateway,
}: Pick<Route, 'prefix' | 'type' | 'link' | 'gateway'>): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt8(inet, 0);
  head.writeUInt8(prefix, 1);
  head.writeUInt8(mainTable, 4);
  head.writeUInt8(staticProtocol, 5);
  head.writeUInt8(link !== undefined && gateway === undefined ? onLinkScope : universe, 6);
  head.writeUInt8(types[type], 7);
  head.writeUInt32LE(gateway === undefined ? 0 : onLinkFlag, 8);
  return head;
}
