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

/** What is declared between two sides of a run's network. A side is a group or some of its instances, as text. */
export interface NetworkWay {
  readonly from: string;
  readonly to: string;
  /** Undefined if no packet arrives. */
  readonly there: OneWay | undefined;
  readonly back: OneWay | undefined;
}
