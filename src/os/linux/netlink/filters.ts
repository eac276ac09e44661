import { attribute, nested, text, u32, u32s } from './encode.ts';
import { create, type Netlink, NetlinkError } from './netlink.ts';
import { trafficControl, trafficControlHead } from './traffic-control.ts';

// Filters of the kind u32, which every kernel with traffic control has. @see tc-u32(8), tc-mirred(8)

const [newFilter, deleteFilter] = [44, 45];
const attributes = { hash: 2, link: 3, divisor: 4, selector: 5, actions: 7 } as const;
/** Only IPv4 packets are looked at. */
const ipv4Protocol = 0x0008;
const priority = 1;
const info = (priority << 16) | ipv4Protocol;

/** Where a filter is: among those of a link, which then has some of its own, or among those of a block. */
export type FilterPlace = { readonly link: number } | { readonly block: number };

/** What happens to a packet that fits a filter. */
export type Redirection =
  /** It leaves through a link, and no other filter sees it. */
  | { readonly redirectTo: number }
  /** A copy leaves through a link, and the packet goes on to the next filter. */
  | { readonly mirrorTo: number };

/** A part of a packet that must fit. */
interface Key {
  readonly mask: number;
  readonly value: number;
  /** In bytes from the beginning of the IPv4 header. */
  readonly offset: number;
}

const anything: Key = { mask: 0, value: 0, offset: 0 };
/** The lowest bit of the first byte of the destination, in the Ethernet header, 14 bytes before the IPv4 header. */
const toMany: Key = { mask: 0x100, value: 0x100, offset: -16 };
const destinationOffset = 16;

/** Filters all IPv4 packets. */
export function filterAll(netlink: Netlink, place: FilterPlace, redirection: Redirection): void {
  add(netlink, place, 0, [attribute(attributes.selector, selector(anything)), actionOf(redirection)]);
}

/** Tables of filters that are found by their key. */
const tables = { byDestination: 0x10_0000, toMany: 0x20_0000 } as const;
const buckets = 256;

/**
 * Makes two tables: one for packets to many, which all of its filters see, and one that is looked into by the
 * destination of a packet.
 */
export function addTables(netlink: Netlink, place: FilterPlace): void {
  add(netlink, place, tables.toMany, [attribute(attributes.divisor, u32(1))]);
  add(netlink, place, tables.byDestination, [attribute(attributes.divisor, u32(buckets))]);
  add(netlink, place, 0, [
    attribute(attributes.selector, selector(toMany, { isTerminal: false })),
    attribute(attributes.link, u32(tables.toMany)),
  ]);
  const hashed = { isTerminal: false, hashOffset: destinationOffset, hashMask: buckets - 1 };
  add(netlink, place, 0, [
    attribute(attributes.selector, selector(anything, hashed)),
    attribute(attributes.link, u32(tables.byDestination)),
  ]);
}

/** A filter in a table. */
export interface Entry {
  /** The IPv4 destination, as a number; undefined for packets to many. */
  readonly destination: number | undefined;
  /** Tells it from the others in its table, 1 to 4095. */
  readonly node: number;
}

/** Adds a filter to a table. */
export function addEntry(netlink: Netlink, place: FilterPlace, entry: Entry, redirection: Redirection): void {
  const { destination } = entry;
  const key =
    destination === undefined
      ? anything
      : { mask: 0xffff_ffff, value: destination, offset: destinationOffset };
  add(netlink, place, entry.node, [
    attribute(attributes.hash, u32(bucketOf(entry))),
    attribute(attributes.selector, selector(key)),
    actionOf(redirection),
  ]);
}

/** Removes a filter from its table, if it is there. */
export function removeEntry(netlink: Netlink, place: FilterPlace, entry: Entry): void {
  const body = Buffer.concat([
    headOf(place, bucketOf(entry) + entry.node),
    attribute(trafficControl.kind, text('u32')),
  ]);
  try {
    netlink.change('remove a filter', deleteFilter, 0, body);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== 'ENOENT') throw error;
  }
}

/** The part of its table in which a filter is. */
function bucketOf({ destination }: Entry): number {
  if (destination === undefined) return tables.toMany;
  return tables.byDestination + ((destination & (buckets - 1)) << 12);
}

function add(netlink: Netlink, place: FilterPlace, handle: number, options: readonly Buffer[]): void {
  const body = Buffer.concat([
    headOf(place, handle),
    attribute(trafficControl.kind, text('u32')),
    nested(trafficControl.options, ...options),
  ]);
  netlink.change('add a filter', newFilter, create.new, body);
}

function headOf(place: FilterPlace, handle: number): Buffer {
  if ('link' in place) return trafficControlHead({ link: place.link, handle, parent: 0xffff_0000, info });
  return trafficControlHead({ link: -1, handle, parent: place.block, info });
}

interface Lookup {
  /** Whether a packet that fits is decided about here, not in a table. */
  readonly isTerminal: boolean;
  readonly hashOffset?: number;
  readonly hashMask?: number;
}

/** struct tc_u32_sel, with one key. */
function selector(
  { mask, value, offset }: Key,
  { isTerminal, hashOffset = 0, hashMask = 0 }: Lookup = { isTerminal: true },
): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt8(isTerminal ? 1 : 0, 0);
  bytes.writeUInt8(1, 2);
  bytes.writeInt16LE(hashOffset, 10);
  bytes.writeUInt32BE(hashMask, 12);
  bytes.writeUInt32BE(mask, 16);
  bytes.writeUInt32BE(value >>> 0, 20);
  bytes.writeInt32LE(offset, 24);
  return bytes;
}

/** The action mirred: struct tc_mirred, as the only action of a filter. */
function actionOf(redirection: Redirection): Buffer {
  const [kind, options, parameters] = [1, 2, 2];
  const [stolen, goOn] = [4, -1];
  const [redirect, mirror] = [1, 2];
  const [link, action, how] =
    'redirectTo' in redirection
      ? [redirection.redirectTo, stolen, redirect]
      : [redirection.mirrorTo, goOn, mirror];
  const mirred = u32s(0, 0, action, 0, 0, how, link);
  const first = 1;
  return nested(
    attributes.actions,
    nested(first, attribute(kind, text('mirred')), nested(options, attribute(parameters, mirred))),
  );
}
