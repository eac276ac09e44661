import { filterArriving, stopFiltering } from '../../os/linux/netlink/qdiscs.ts';
import { isUnshaped, type Shape } from '../shape.ts';
import { dropped, type SeededPath } from '../topology/path.ts';
import { PathTable } from '../topology/path-table.ts';
import { Forwarding, type Way } from './forwarding.ts';
import { makePair, type Pair } from './pair.ts';
import type { KernelPlace } from './place.ts';
import { KernelStage } from './stage.ts';

/** A receiver, as far as the way to it is concerned. */
export interface Receiver {
  /** The index of its far end. */
  readonly link: number;
  /** Tells it from others. */
  readonly node: number;
  readonly labels: readonly string[];
  /** Undefined while it has no network. */
  readonly address: number | undefined;
}

/** The link that stands for the paths between some senders and receivers. */
interface PathLink {
  readonly shape: Shape;
  readonly seed: readonly number[];
  /** Made when the first sender needs it. */
  made: Promise<MadeLink> | undefined;
}

interface MadeLink {
  readonly pair: Pair;
  readonly stage: KernelStage;
}

/** The filters of a class of senders. */
interface SenderBlock {
  readonly forwarding: Forwarding;
  /** How many links share it: without one, the kernel removes it. */
  users: number;
}

/** The number of the block behind path links; those of classes of senders follow. */
const behindPaths = 1;

/**
 * The ways of packets from senders to receivers: each class of senders has a block of filters, and paths that are
 * shaped are veth pairs.
 */
export class PathLinks {
  readonly #where: KernelPlace;
  #table: PathTable<PathLink>;
  /** By class of senders. */
  readonly #blocks = new Map<number, SenderBlock>();
  /** What is behind path links: all receivers. */
  readonly #behind: Forwarding;
  readonly #receivers = new Map<number, Receiver>();
  readonly #links: MadeLink[] = [];
  #names = 0;

  constructor(where: KernelPlace) {
    this.#where = where;
    this.#table = newTable([]);
    this.#behind = new Forwarding(where.netlink, behindPaths);
  }

  /** Sets the paths, before the first receiver is there. */
  setPaths(paths: readonly SeededPath[]): void {
    this.#table = newTable(paths);
  }

  /** The class of a sender. */
  classOf({ labels, address }: Pick<Receiver, 'labels' | 'address'>): number {
    return this.#table.classOf(labels, address);
  }

  /** Lets a link hand what arrives to the receivers of a class of senders. It must have no filters. */
  async connect(link: number, sender: number): Promise<void> {
    const { netlink } = this.#where;
    const known = this.#blocks.get(sender);
    const its = known ?? { forwarding: new Forwarding(netlink, behindPaths + 1 + sender), users: 0 };
    const { forwarding } = its;
    filterArriving(netlink, link, forwarding.block);
    its.users++;
    if (known !== undefined) return;
    this.#blocks.set(sender, its);
    forwarding.prepare();
    for (const receiver of this.#receivers.values()) await this.#place(receiver, sender, forwarding);
  }

  /** Takes a link away that was connected. */
  disconnect(link: number, sender: number): void {
    stopFiltering(this.#where.netlink, link);
    const block = this.#blocks.get(sender);
    if (block !== undefined && --block.users === 0) this.#blocks.delete(sender);
  }

  /** Adds a receiver, or changes its address. */
  async set(receiver: Receiver): Promise<void> {
    this.#receivers.set(receiver.link, receiver);
    if (this.#links.length > 0) this.#placeBehind(receiver);
    for (const [sender, { forwarding }] of this.#blocks) await this.#place(receiver, sender, forwarding);
  }

  #placeBehind({ link, node, address }: Receiver): void {
    this.#behind.set(node, address, direct(link));
  }

  async #place(receiver: Receiver, sender: number, forwarding: Forwarding): Promise<void> {
    const { link, node, address } = receiver;
    const between = this.#table.between(sender, this.classOf(receiver));
    const way = between === dropped ? undefined : await this.#wayTo(link, between);
    // Its address may have changed meanwhile, and then it has been placed with that.
    if (this.#receivers.get(link) === receiver) forwarding.set(node, address, way);
  }

  /** Copies of broadcasts skip the path: behind it, they would go to all. */
  async #wayTo(link: number, path: PathLink): Promise<Way> {
    if (isUnshaped(path.shape)) return direct(link);
    path.made ??= this.#make(path);
    const { pair } = await path.made;
    return { toOne: pair.begin, toMany: link };
  }

  async #make({ shape, seed }: PathLink): Promise<MadeLink> {
    const pair = await makePair(this.#where, `p${this.#names++}`);
    const stage = new KernelStage(this.#where, pair.begin, seed);
    stage.reshape(shape);
    filterArriving(this.#where.netlink, pair.end, this.#behind.block);
    this.#behind.prepare();
    if (this.#links.length === 0)
      for (const receiver of this.#receivers.values()) this.#placeBehind(receiver);
    const made = { pair, stage };
    this.#links.push(made);
    return made;
  }

  /** The number of packets that path links dropped although that was not asked for. */
  unasked(): number {
    return this.#links.reduce((sum, { stage }) => sum + stage.dropped().unasked, 0);
  }
}

/** The way to a far end without a path between. */
function direct(link: number): Way {
  return { toOne: link, toMany: link };
}

function newTable(paths: readonly SeededPath[]): PathTable<PathLink> {
  return new PathTable(paths, (shape, seed) => ({ shape, seed, made: undefined }));
}
