/** How a run stands at a moment: for people who look, and not part of what happened. */
export interface Progress {
  readonly groups: readonly GroupProgress[];
  /** The barriers at which somebody waits, those with most of them first. */
  readonly barriers: readonly BarrierProgress[];
  /** How many processors, 1.5 for instance, and bytes of memory its instances have now; undefined where nobody can tell. */
  readonly usage: { readonly processors: number; readonly bytes: number } | undefined;
}

/** How many instances of a group stand how: each counts once. */
export interface GroupProgress {
  readonly id: string;
  readonly starting: number;
  readonly running: number;
  readonly waiting: number;
  readonly ok: number;
  readonly failed: number;
  /** The barrier at which most of those wait who do. */
  readonly at: string | undefined;
}

export interface BarrierProgress {
  readonly state: string;
  /** How often it was signalled. */
  readonly count: number;
  /** Undefined where only the plan knows it. */
  readonly target: number | undefined;
  readonly waiting: number;
  /** How long the first of them has waited, in ms. */
  readonly forMs: number;
}
