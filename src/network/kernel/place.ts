import type { Netlink } from '../../os/linux/netlink/netlink.ts';

/** Where the engine is: the namespace of the far ends. */
export interface KernelPlace {
  readonly netlink: Netlink;
  /** Its file descriptor. */
  readonly netns: number;
  readonly hasNetem: boolean;
  /** Does something synchronous in this namespace. */
  readonly inside: <T>(work: () => T) => T;
}
