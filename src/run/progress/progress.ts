/** The progress of a run at one moment; for display, not part of the events. */
export interface Progress {
  readonly groups: readonly GroupProgress[];
  /** The barriers that instances wait at, those with the most waiters first. */
  readonly barriers: readonly BarrierProgress[];
  /**
   * The processors (such as 1.5) and the bytes of memory that its instances use now; undefined if this cannot be
   * measured.
   */
  readonly usage: { readonly processors: number; readonly bytes: number } | undefined;
}

/** The number of a group's instances in each state; each instance counts once. */
export interface GroupProgress {
  readonly id: string;
  readonly starting: number;
  readonly running: number;
  readonly waiting: number;
  readonly ok: number;
  readonly failed: number;
  /** The barrier at which most of its waiting instances wait. */
  readonly at: string | undefined;
}

export interface BarrierProgress {
  readonly state: string;
  /** How often the state was signalled. */
  readonly count: number;
  /** Undefined if only the plan knows it. */
  readonly target: number | undefined;
  readonly waiting: number;
  /** How long the first waiter has waited, in ms. */
  readonly forMs: number;
}
