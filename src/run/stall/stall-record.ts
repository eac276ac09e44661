/**
 * A stall snapshot: which instances wait for what, and which instances they wait for. Its size is bounded, whatever
 * the size of the run.
 */
export interface StallSnapshot {
  /** The number of instances that have not ended. */
  readonly running: number;
  /** Barriers and topics, those with the most waiters first. */
  readonly waits: readonly Wait[];
  /** The number of barriers and topics beyond those. */
  readonly more_waits: number;
  /** The running instances that do not wait at the sync service. */
  readonly elsewhere: string;
  /** The first of those. */
  readonly busy: readonly InstanceState[];
}

/** A barrier or a topic at which instances wait. */
export interface Wait {
  readonly kind: 'barrier' | 'topic';
  /** The state or topic, as the plan names it. */
  readonly name: string;
  /** How often the state was signalled, or how many messages the topic holds. */
  readonly count: number;
  /** Null for a topic, and if only the plan knows it. */
  readonly target: number | null;
  /** How long the first waiter has waited. */
  readonly for_ms: number;
  /** The waiting instances: `single[0-4,7]`. */
  readonly waiting: string;
  /** The instances that have not signalled the state; empty for a topic. */
  readonly missing: string;
  /** The first of the missing instances. */
  readonly absent: readonly InstanceState[];
}

export interface InstanceState {
  readonly group: string;
  /** Its number in the group, from 0. */
  readonly index: number;
  /** What it does or how it ended, and its last output. */
  readonly text: string;
}
