import {
  addEntry,
  addTables,
  type Entry,
  type FilterPlace,
  removeEntry,
} from '../../os/linux/netlink/filters.ts';
import type { Netlink } from '../../os/linux/netlink/netlink.ts';

/** Where a packet leaves. */
export interface Way {
  /** The link through which packets to one receiver leave. */
  readonly toOne: number;
  /** The same for copies of broadcasts and multicasts. */
  readonly toMany: number;
}

/**
 * Where packets go that arrive at the links which share a block: by their destination, and broadcasts and multicasts to
 * all. What has no destination here is dropped, since no device of this namespace has its hardware address.
 */
export class Forwarding {
  /** The number of the block. */
  readonly block: number;
  readonly #place: FilterPlace;
  readonly #netlink: Netlink;
  /** The addresses that are there, by node. */
  readonly #added = new Map<number, number>();
  #isReady = false;

  constructor(netlink: Netlink, block: number) {
    this.#netlink = netlink;
    this.block = block;
    this.#place = { block };
  }

  /** Makes it ready, after the first link shares the block: only then there is one. */
  prepare(): void {
    if (this.#isReady) return;
    addTables(this.#netlink, this.#place);
    this.#isReady = true;
  }

  /**
   * Lets packets to an address go a way, in place of the address that the node had.
   * @param node tells the receiver from others. @param way undefined if nothing reaches it.
   */
  set(node: number, address: number | undefined, way: Way | undefined): void {
    const before = this.#added.get(node);
    if (before !== undefined)
      for (const each of entriesOf(before, node)) removeEntry(this.#netlink, this.#place, each);
    this.#added.delete(node);
    if (address === undefined || way === undefined) return;
    const [toOne, toMany] = entriesOf(address, node);
    addEntry(this.#netlink, this.#place, toOne, { redirectTo: way.toOne });
    addEntry(this.#netlink, this.#place, toMany, { mirrorTo: way.toMany });
    this.#added.set(node, address);
  }
}

function entriesOf(address: number, node: number): readonly [Entry, Entry] {
  return [
    { destination: address, node },
    { destination: undefined, node },
  ];
}
