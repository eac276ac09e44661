// What queueing disciplines, classes and filters have in common. @see tc(8), linux/rtnetlink.h

/** Where a discipline, a class or a filter is. */
export interface TrafficControlHead {
  /** The index of the link; -1 for a block. */
  readonly link: number;
  /** `1:2` is 0x10002. */
  readonly handle?: number;
  /** The number of the block, where it is one. */
  readonly parent?: number;
  /** For filters: priority and protocol. */
  readonly info?: number;
}

/** struct tcmsg. */
export function trafficControlHead({ link, handle = 0, parent = 0, info = 0 }: TrafficControlHead): Buffer {
  const head = Buffer.alloc(20);
  head.writeInt32LE(link, 4);
  head.writeUInt32LE(handle, 8);
  head.writeUInt32LE(parent, 12);
  head.writeUInt32LE(info, 16);
  return head;
}

/** Attributes of all of them. */
export const trafficControl = { kind: 1, options: 2, statistics: 7, ingressBlock: 13 } as const;
