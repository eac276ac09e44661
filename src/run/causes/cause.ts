import type { StallSnapshot } from '../stall/stall-record.ts';
import type { SourceLine } from './source-line.ts';

/**
 * What a cause is. `error`: the run did not begin. `stopped`: tg ended the run. `threshold`: a measured value. `fault`: a fault that was not injected. The
 * others are outcomes of instances.
 */
export const causeKinds = [
  'error',
  'stopped',
  'failed',
  'crashed',
  'never-started',
  'timed-out',
  'incomplete',
  'threshold',
  'fault',
  'aborted',
  'canceled',
] as const;

export type CauseKind = (typeof causeKinds)[number];

/** One reason why a run did not pass. Instances with the same error share one. */
export interface Cause {
  readonly kind: CauseKind;
  /** The error in one line; all of it if the run did not begin. `…` stands for parts in which the instances differ. */
  readonly text: string;
  /** The number of instances; 0 if it is not about instances. */
  readonly count: number;
  /** The instances: `single[0-4,7]`; empty if it is not about instances. */
  readonly instances: string;
  /** The instance to look at first: the earliest, or the one that the others wait for; null if there is none. */
  readonly example: CauseExample | null;
  /** What the instances were waiting for when the run ended; null unless they timed out. */
  readonly stall: StallSnapshot | null;
}

/** One instance of a cause, and what it left behind. */
export interface CauseExample {
  readonly group: string;
  /** Its number in the group, from 0. */
  readonly index: number;
  /** When it failed, in ms since the run began; null if that is unknown. */
  readonly at_ms: number | null;
  /** The reason of its verdict, whole. */
  readonly reason: string;
  /** The stack that it printed: in its crash event, or on stderr; empty if there is none. */
  readonly stack: readonly string[];
  /** The line of the plan's source that its stack names first; null if it is not known. */
  readonly source: SourceLine | null;
  /** Its last lines of output before it failed. */
  readonly last_lines: readonly string[];
}

/** Why a run did not pass. */
export interface Causes {
  /** The most important first. */
  readonly causes: readonly Cause[];
  /** The number of causes beyond those. */
  readonly more_causes: number;
  /** The instances that were ended because of them, as text: `49 aborted after single[037] failed`; empty if none. */
  readonly consequences: string;
}

/** Of a run that passed, or is not judged yet. */
export const noCauses: Causes = { causes: [], more_causes: 0, consequences: '' };
