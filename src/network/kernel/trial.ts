import { addTables, filterAll } from '../../os/linux/netlink/filters.ts';
import { addVeth, indexOf, removeLink } from '../../os/linux/netlink/links.ts';
import { type Netlink, NetlinkError } from '../../os/linux/netlink/netlink.ts';
import { addNetem, addRate, filterArriving } from '../../os/linux/netlink/qdiscs.ts';
import { unshaped } from '../shape.ts';
import { netemOf, rateOf } from './netem.ts';

/** What a kernel can do for the engine `kernel`. */
export interface KernelAbilities {
  /** What it needs and does not have, as text; undefined if the engine works. */
  readonly lacks: string | undefined;
  /** Whether it delays and drops packets. */
  readonly hasNetem: boolean;
}

/** Tries what the engine needs, in a namespace that has no links of these names. @param netns its file descriptor. */
export function tryKernel(netlink: Netlink, netns: number): KernelAbilities {
  const block = 0xffff;
  const names = ['trial-a', 'trial-b'] as const;
  addVeth(netlink, { name: names[0], netns }, { name: names[1], netns });
  const [one, other] = [indexOf(netlink, names[0]), indexOf(netlink, names[1])];
  const can = (work: () => void) => refusal(work) === undefined;
  try {
    const lacks =
      refusal(() => filterArriving(netlink, one, block)) ??
      refusal(() => addTables(netlink, { block })) ??
      refusal(() => filterAll(netlink, { block }, { redirectTo: other })) ??
      refusal(() => addRate(netlink, other, rateOf(unshaped)));
    const hasNetem = lacks === undefined && can(() => addNetem(netlink, other, netemOf(unshaped, 0n)));
    return { lacks, hasNetem };
  } finally {
    removeLink(netlink, one);
  }
}

/** @returns what the kernel says if it refuses; undefined if it does not. */
function refusal(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof NetlinkError) return error.message;
    throw error;
  }
}
