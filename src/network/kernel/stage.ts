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
import { isUnshaped, type Shape, unshaped } from '../shape.ts';
import { limitOf, needsNetem, netemOf, rateOf } from './netem.ts';

/** What packets that were dropped at a stage count as. */
type Dropped = Record<'lost' | 'overflowed' | 'unasked', number>;

/**
 * A device whose outgoing packets are delayed and dropped: a rate, and before it netem, as Testground's sidecar has
 * them. Where the kernel has no netem, only the rate.
 */
export class KernelStage {
  readonly #netlink: Netlink;
  readonly #link: number;
  readonly #seed: bigint;
  readonly #hasNetem: boolean;
  #shape = unshaped;
  /** Whether the device has its queues; it is as it was created until it is shaped. */
  #hasQueues = false;
  readonly #dropped: Dropped = { lost: 0, overflowed: 0, unasked: 0 };
  /** How many dropped packets have been counted. */
  #counted = 0;

  /** @param link the index of the device. @param seed of its random choices: 32-bit numbers. */
  constructor(netlink: Netlink, link: number, seed: readonly number[], hasNetem: boolean) {
    const [high = 0, low = 0] = seed;
    this.#netlink = netlink;
    this.#link = link;
    this.#seed = BigInt.asUintN(64, (BigInt(high) << 32n) | BigInt(low >>> 0));
    this.#hasNetem = hasNetem;
  }

  /** Changes the shape. Packets that wait stay. @throws Error if the kernel cannot do it: nothing has changed then. */
  reshape(shape: Shape): void {
    if (needsNetem(shape) && !this.#hasNetem) throw new Error(withoutNetem);
    if (isUnshaped(shape) && !this.#hasQueues) return;
    this.#count();
    if (this.#hasQueues) this.#change(shape);
    else this.#begin(shape);
    this.#shape = shape;
  }

  #begin(shape: Shape): void {
    addRate(this.#netlink, this.#link, rateOf(shape));
    if (this.#hasNetem) addNetem(this.#netlink, this.#link, netemOf(shape, this.#seed));
    else addQueue(this.#netlink, this.#link, limitOf(shape));
    this.#hasQueues = true;
  }

  #change(shape: Shape): void {
    changeRate(this.#netlink, this.#link, rateOf(shape));
    if (this.#hasNetem) changeNetem(this.#netlink, this.#link, netemOf(shape, this.#seed));
    else changeQueue(this.#netlink, this.#link, limitOf(shape));
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
    if (!this.#hasQueues) return;
    const all = droppedBeforeRate(this.#netlink, this.#link);
    const { loss, bandwidth } = this.#shape;
    const reason = loss > 0 ? 'lost' : bandwidth > 0 ? 'overflowed' : 'unasked';
    // The kernel's counter has 32 bits.
    this.#dropped[reason] += (all - this.#counted) >>> 0;
    this.#counted = all;
  }
}

/** What a plan is told that asks for more than a rate where the kernel has no netem. */
const withoutNetem =
  'this kernel has no netem (sch_netem), without which engine=kernel only limits rates: use engine=user';
