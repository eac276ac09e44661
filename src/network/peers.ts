/** What happened to packets. Of pairs, packets to many count for each receiver. */
export interface PairCounts {
  readonly sent: number;
  readonly sentBytes: number;
  /** With duplicates. */
  readonly received: number;
  readonly receivedBytes: number;
  /** Dropped because that was asked for. */
  readonly lost: number;
  /** Dropped because the queue of a limited rate was full. */
  readonly overflowed: number;
  /** Dropped although that was not asked for. */
  readonly unasked: number;
}

export const pairCountNames = [
  ...(['sent', 'sentBytes', 'received', 'receivedBytes'] as const),
  ...(['lost', 'overflowed', 'unasked'] as const),
] satisfies readonly (keyof PairCounts)[];

/** What happened to the packets from one to another. @typeParam Who what tells them apart. */
export interface Pair<Who> extends PairCounts {
  readonly from: Who;
  /** Null for packets that were dropped on the way to a NAT that several instances share. */
  readonly to: Who | null;
}

/** Who sent packets to whom. */
export interface Peers {
  /** Between instances: those with most packets. They are given by their place in a list of links. */
  readonly pairs: readonly Pair<number>[];
  /** The number of packets that were sent between instances that `pairs` does not have. */
  readonly unlisted: number;
  /** All packets, between groups. */
  readonly groups: readonly Pair<string>[];
}
