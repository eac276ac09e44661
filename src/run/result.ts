import type { Expectation } from '../plan/run-spec.ts';

/** How one instance fared. */
export type InstanceOutcome =
  | 'success'
  | 'failed'
  | 'crashed'
  | 'incomplete'
  | 'timed-out'
  | 'never-started'
  | 'canceled'
  | 'aborted';

/** How a group or a run fared, in the words of `status`. */
export type Outcome = 'success' | 'failure' | 'canceled' | 'unknown';

export interface InstanceVerdict {
  readonly group: string;
  readonly index: number;
  readonly outcome: InstanceOutcome;
  /** What was seen, in words. */
  readonly reason: string;
}

export interface GroupVerdict {
  readonly id: string;
  readonly outcome: Outcome;
  readonly total: number;
  /** The final state that its instances were expected to have. */
  readonly expect: Expectation;
  /** How many instances there are of each outcome that occurs. */
  readonly counts: Readonly<Partial<Record<InstanceOutcome, number>>>;
  readonly instances: readonly InstanceVerdict[];
}

/** The verdict on a run; `result.json` holds it. */
export interface RunResult {
  readonly version: 1;
  readonly run_id: string;
  /** Its name in the composition; `default` where it has none. */
  readonly name: string;
  readonly plan: string;
  readonly case: string;
  /** From which each instance's TEST_SEED was derived. */
  readonly seed: string;
  readonly outcome: Outcome;
  /** Why it did not begin, if it did not. */
  readonly error: string | null;
  /** What ended the run early, if anything did. */
  readonly stopped: {
    readonly ending: 'timeout' | 'canceled' | 'store-lost' | 'refused';
    readonly why: string;
  } | null;
  /** What was asked of a sidecar that shapes nothing; null where nobody had one. */
  readonly network: {
    /** How many configurations were answered, and how many of those asked for more than there is. */
    readonly configured: number;
    readonly not_as_asked: number;
    /** What was not applied, in words, with the number of configurations that asked for it. */
    readonly not_applied: Readonly<Record<string, number>>;
  } | null;
  readonly instances: number;
  readonly counts: GroupVerdict['counts'];
  readonly groups: readonly GroupVerdict[];
  readonly started: string;
  readonly ended: string;
  readonly duration_ms: number;
}
