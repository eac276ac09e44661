/** What a rule does with what is sent to a subnet: it accepts, rejects, or drops it. */
export const filterActions = { accept: 0, reject: 1, drop: 2 } as const;

/** One of the values of `filterActions`. */
export type FilterAction = (typeof filterActions)[keyof typeof filterActions];

/**
 * How what an instance sends is shaped. A round trip is shaped twice if both sides ask for it. Percentages are from 0
 * to 100; omitted values are 0.
 */
export interface LinkShape {
  /** Milliseconds by which packets are delayed, at most 4,294,967. */
  readonly latency?: number;
  /** The greatest deviation from the latency, in milliseconds. May reorder packets. */
  readonly jitter?: number;
  /** Bits per second, a whole number; 0 for no limit. */
  readonly bandwidth?: number;
  /** For rules. The filter of a whole network is always `accept`. */
  readonly filter?: FilterAction;
  /** The percentage of packets that are lost. */
  readonly loss?: number;
  /** The percentage of packets in which one bit is flipped. */
  readonly corrupt?: number;
  /** How much each choice depends on the one before it, in per cent. */
  readonly corruptCorr?: number;
  /** The percentage of packets that are sent without the latency, and so before others. */
  readonly reorder?: number;
  /** How much each choice depends on the one before it, in per cent. */
  readonly reorderCorr?: number;
  /** The percentage of packets that are sent twice. */
  readonly duplicate?: number;
  /** How much each choice depends on the one before it, in per cent. */
  readonly duplicateCorr?: number;
}

/** What happens to what an instance sends to a subnet. tg applies the filter only, as Testground does. */
export interface LinkRule extends LinkShape {
  /** A subnet such as `16.0.1.0/24`, or one address. */
  readonly subnet: string;
}

/** A configuration of an instance's network. It replaces the one before it, except for its rules, which add up. */
export interface NetworkConfig {
  /** The network's name; default: `default`, the data network, which is the only one. */
  readonly network?: string;
  /** The address that the instance gets, such as `16.0.1.2/16`; default: the one that it has. */
  readonly IPv4?: string;
  /** An IPv6 address. tg applies none: its networks have only IPv4. */
  readonly IPv6?: string;
  /** Whether the instance is connected to the network; default: true. */
  readonly enable?: boolean;
  /** How everything that the instance sends is shaped; default: not at all. */
  readonly default?: LinkShape;
  /** Rules for subnets. One that accepts a subnet takes back an earlier one for the same subnet. */
  readonly rules?: readonly LinkRule[];
  /** The state that the sidecar signals once when it has applied the configuration. */
  readonly callbackState: string;
  /** The number of entries into that state to wait for; default, and for 0: the number of all instances. */
  readonly callbackTarget?: number;
  /** Whether what is outside of the run can be reached; default: `deny_all`. */
  readonly routingPolicy?: 'allow_all' | 'deny_all';
}
