import type { NatName } from './network-table.ts';

/** What is declared for the packets from one side to another, before what plans ask for. */
export interface OneWay {
  /** In ms. */
  readonly latency: number;
  /** The greatest deviation from the latency, in ms. */
  readonly jitter: number;
  /** In bits per second; undefined for no limit. */
  readonly rate: number | undefined;
  /** The share of packets that are lost, 0 to 1. */
  readonly loss: number;
}

/**
 * Who can send first, with the NATs between two sides: each one, only the first (`there`) or the second (`back`), both if
 * they send at the same time (hole punching), or nobody.
 */
export const whoCalls = ['each', 'there', 'back', 'both-at-once', 'nobody'] as const;

/** What is declared between two sides of a run's network. A side is a group or some of its instances, as text. */
export interface NetworkWay {
  readonly from: string;
  readonly to: string;
  /** The NATs that they are behind; undefined for none. */
  readonly fromNat: NatName | undefined;
  readonly toNat: NatName | undefined;
  readonly calls: (typeof whoCalls)[number];
  /** Undefined if no packet arrives. */
  readonly there: OneWay | undefined;
  readonly back: OneWay | undefined;
}
