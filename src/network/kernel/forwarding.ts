import {
  addEntry,
  addTables,
  type Entry,
  type FilterPlace,
  removeEntry,
} from '../../os/linux/netlink/filters.ts';
import type { Netlink } from '../../os/linux/netlink/netlink.ts';

/** The number of the block; any will do. */
const block = 1;

/**
 * Where packets go after the links of their senders: by their destination, and those to many to all. What has no
 * destination here is dropped, since no device of this namespace has its hardware address.
 */
export class Forwarding {
  /** The block of filters that devices share. */
  readonly block = block;
  readonly #place: FilterPlace = { block };
  readonly #netlink: Netlink;
  #isReady = false;

  constructor(netlink: Netlink) {
    this.#netlink = netlink;
  }

  /** Makes it ready, after the first device shares the block: only then there is one. */
  prepare(): void {
    if (this.#isReady) return;
    addTables(this.#netlink, this.#place);
    this.#isReady = true;
  }

  /** Lets packets to an address, and those to many, leave through a link. @param node tells the link from others. */
  add(address: number, link: number, node: number): void {
    const [toOne, toMany] = entriesOf(address, node);
    addEntry(this.#netlink, this.#place, toOne, { redirectTo: link });
    addEntry(this.#netlink, this.#place, toMany, { mirrorTo: link });
  }

  /** Takes an address away that was added. */
  remove(address: number, node: number): void {
    for (const entry of entriesOf(address, node)) removeEntry(this.#netlink, this.#place, entry);
  }
}

function entriesOf(address: number, node: number): readonly [Entry, Entry] {
  return [
    { destination: address, node },
    { destination: undefined, node },
  ];
}
