import type { NatName } from './network-table.ts';

/** What is declared for the packets from one side to another, before what plans ask for. */
export interface OneWay {
  /** In ms. */
  readonly latency: number;
  /** The greatest deviation from the latency, in ms. */
  readonly jitter: number;
  /** In bits per second; undefined for no limit. */
  readonly rate: number | undefined;
  /** Shares of packets, 0 to 1. */
  readonly loss: number;
  readonly corrupt: number;
  readonly duplicate: number;
  readonly reorder: number;
}

/**
 * Which of two sides can send to the other before it has received anything, with the NATs and paths between them. With
 * `both-at-once`, both have to send to the external endpoint of the other (hole punching).
 */
export const firstSenders = ['either', 'from', 'to', 'both-at-once', 'none'] as const;

/** What is declared between two sides of a run's network. A side is a group or some of its instances, as text. */
export interface NetworkWay {
  readonly from: string;
  readonly to: string;
  /** The NATs that they are behind; undefined for none. */
  readonly fromNat: NatName | undefined;
  readonly toNat: NatName | undefined;
  readonly firstSender: (typeof firstSenders)[number];
  /** Undefined if no packet arrives. */
  readonly there: OneWay | undefined;
  readonly back: OneWay | undefined;
}

/** The round trip between two sides, in ms; undefined if packets do not arrive both ways. */
export function roundTripOf({ there, back }: Pick<NetworkWay, 'there' | 'back'>): number | undefined {
  return there && back && there.latency + back.latency;
}
