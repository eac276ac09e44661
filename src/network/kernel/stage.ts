import type { Netlink } from '../../os/linux/netlink/netlink.ts';
import {
  addNetem,
  addQueue,
  addRate,
  changeNetem,
  changeQueue,
  changeRate,
  droppedBeforeRate,
} from '../../os/linux/netlink/qdiscs.ts';
import { type Shape, unshaped } from '../shape.ts';
import { limitOf, netemOf, rateOf } from './netem.ts';
import type { KernelPlace } from './place.ts';

/** What packets that were dropped at a stage count as. */
type Dropped = Record<'lost' | 'overflowed' | 'unasked', number>;

/**
 * A device whose outgoing packets are delayed and dropped: a rate, and before it netem, as Testground's sidecar has
 * them. Where the kernel has no netem, only the rate.
 */
export class KernelStage {
  readonly #netlink: Netlink;
  readonly #link: number;
  #seed: bigint;
  readonly #hasNetem: boolean;
  #shape = unshaped;
  /** What the device has of its queues; it is as it was created until it is shaped. */
  #hasRate = false;
  #hasQueue = false;
  readonly #dropped: Dropped = { lost: 0, overflowed: 0, unasked: 0 };
  /** How many dropped packets have been counted. */
  #counted = 0;

  /** @param link the index of the device. @param seed of its random choices: 32-bit numbers. */
  constructor({ netlink, hasNetem }: KernelPlace, link: number, seed: readonly number[]) {
    const [high = 0, low = 0] = seed;
    this.#netlink = netlink;
    this.#link = link;
    this.#seed = BigInt.asUintN(64, (BigInt(high) << 32n) | BigInt(low >>> 0));
    this.#hasNetem = hasNetem;
  }

  get shape(): Shape {
    return this.#shape;
  }

  /** Changes the shape. Packets that wait stay. @throws NetlinkError if the kernel refuses it. */
  reshape(shape: Shape): void {
    this.#count();
    this.#shape = shape;
    this.#setRate(shape);
    if (this.#hasNetem) this.#setNetem(shape);
    else this.#setQueue(shape);
    this.#hasQueue = true;
  }

  #setRate(shape: Shape): void {
    const set = this.#hasRate ? changeRate : addRate;
    set(this.#netlink, this.#link, rateOf(shape));
    this.#hasRate = true;
  }

  #setNetem(shape: Shape): void {
    // Every change begins a sequence of random choices, which is another one each time.
    this.#seed = BigInt.asUintN(64, this.#seed + seedStep);
    const set = this.#hasQueue ? changeNetem : addNetem;
    set(this.#netlink, this.#link, netemOf(shape, this.#seed));
  }

  #setQueue(shape: Shape): void {
    const set = this.#hasQueue ? changeQueue : addQueue;
    set(this.#netlink, this.#link, limitOf(shape));
  }

  /** What packets that were dropped until now count as. */
  dropped(): Readonly<Dropped> {
    this.#count();
    return this.#dropped;
  }

  /**
   * The kernel does not say why it dropped a packet: where a loss is asked for, that is taken for the reason, and
   * otherwise the queue of a limited rate.
   */
  #count(): void {
    if (!this.#hasRate) return;
    const all = droppedBeforeRate(this.#netlink, this.#link);
    const { loss, bandwidth } = this.#shape;
    const reason = loss > 0 ? 'lost' : bandwidth > 0 ? 'overflowed' : 'unasked';
    // The kernel's counter has 32 bits.
    this.#dropped[reason] += (all - this.#counted) >>> 0;
    this.#counted = all;
  }
}

/** 2⁶⁴ divided by the golden ratio: the seeds of one link are far apart. */
const seedStep = 0x9e37_79b9_7f4a_7c15n;
