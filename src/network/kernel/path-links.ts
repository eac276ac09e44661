import type { Netlink } from '../../os/linux/netlink/netlink.ts';
import { filterArriving, stopFiltering } from '../../os/linux/netlink/qdiscs.ts';
import { isUnshaped, type Shape } from '../shape.ts';
import { dropped, type SeededPath } from '../topology/path.ts';
import { PathTable } from '../topology/path-table.ts';
import { Forwarding, type Way } from './forwarding.ts';
import { makePair, type Pair } from './pair.ts';
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

/** Where path links and blocks are. */
export interface PathContext {
  readonly netlink: Netlink;
  readonly netns: number;
  readonly hasNetem: boolean;
}

/** The number of the block behind path links; those of classes of senders follow. */
const behindPaths = 1;

/**
 * The ways of packets from senders to receivers: each class of senders has a block of filters, and paths that are
 * shaped are veth pairs.
 */
export class PathLinks {
  readonly #context: PathContext;
  #table: PathTable<PathLink>;
  /** By class of senders. */
  readonly #blocks = new Map<number, SenderBlock>();
  /** What is behind path links: all receivers. */
  readonly #behind: Forwarding;
  readonly #receivers = new Map<number, Receiver>();
  readonly #links: MadeLink[] = [];
  #names = 0;

  constructor(context: PathContext) {
    this.#context = context;
    this.#table = newTable([]);
    this.#behind = new Forwarding(context.netlink, behindPaths);
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
    const { netlink } = this.#context;
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
    stopFiltering(this.#context.netlink, link);
    const block = this.#blocks.get(sender);
    if (block !== undefined && --block.users === 0) this.#blocks.delete(sender);
  }

  /** Adds a receiver, or changes its address. */
  async set(receiver: Receiver): Promise<void> {
    this.#receivers.set(receiver.link, receiver);
    const { link, node, address } = receiver;
    if (this.#links.length > 0) this.#behind.set(node, address, { toOne: link, toMany: link });
    for (const [sender, { forwarding }] of this.#blocks) await this.#place(receiver, sender, forwarding);
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
    if (isUnshaped(path.shape)) return { toOne: link, toMany: link };
    path.made ??= this.#make(path);
    const { pair } = await path.made;
    return { toOne: pair.begin, toMany: link };
  }

  async #make({ shape, seed }: PathLink): Promise<MadeLink> {
    const { netlink, netns, hasNetem } = this.#context;
    const pair = await makePair(netlink, netns, `p${this.#names++}`);
    const stage = new KernelStage(netlink, pair.begin, seed, hasNetem);
    stage.reshape(shape);
    filterArriving(netlink, pair.end, this.#behind.block);
    this.#behind.prepare();
    if (this.#links.length === 0)
      for (const { link, node, address } of this.#receivers.values())
        this.#behind.set(node, address, { toOne: link, toMany: link });
    const made = { pair, stage };
    this.#links.push(made);
    return made;
  }

  /** The number of packets that path links dropped although that was not asked for. */
  unasked(): number {
    return this.#links.reduce((sum, { stage }) => sum + stage.dropped().unasked, 0);
  }
}

function newTable(paths: readonly SeededPath[]): PathTable<PathLink> {
  return new PathTable(paths, (shape, seed) => ({ shape, seed, made: undefined }));
}
