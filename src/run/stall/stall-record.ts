/** Where a run stands: who waits for what, and who keeps them waiting. Its size does not grow with the run's. */
export interface StallSnapshot {
  /** How many instances have not ended. */
  readonly running: number;
  /** Those at which most wait first. */
  readonly waits: readonly Wait[];
  /** How many more things are waited for. */
  readonly more_waits: number;
  /** The instances that run and do not wait at the sync service. */
  readonly elsewhere: string;
  /** The first of those. */
  readonly busy: readonly InstanceState[];
}

/** A barrier or a topic at which instances wait. */
export interface Wait {
  readonly kind: 'barrier' | 'topic';
  /** The state or topic, as the plan calls it. */
  readonly name: string;
  /** How often the state was signalled; how many messages the topic holds. */
  readonly count: number;
  /** Null for a topic, and where only the plan knows it. */
  readonly target: number | null;
  /** How long the first of them has waited. */
  readonly for_ms: number;
  /** Who waits there: `single[0-4,7]`. */
  readonly waiting: string;
  /** Who has not signalled that state; empty for a topic. */
  readonly missing: string;
  /** The first of those that are missing. */
  readonly absent: readonly InstanceState[];
}

export interface InstanceState {
  readonly group: string;
  /** Its number in the group, from 0. */
  readonly index: number;
  /** What it does, or how it ended, and its last output. */
  readonly words: string;
}
