import type { Expectation } from '../../plan/run-spec.ts';
import { type Threshold, thresholdWords } from '../../plan/threshold.ts';
import type { Stop } from '../events/events.ts';
import { instanceTag } from '../instance/instance-id.ts';
import type { InstanceOutcome, Outcome } from './outcome.ts';

/** How many instances there are of each outcome that occurs. */
type Counts = Readonly<Partial<Record<InstanceOutcome, number>>>;

export interface InstanceVerdict {
  readonly group: string;
  /** Its number in the group, from 0. */
  readonly index: number;
  readonly outcome: InstanceOutcome;
  /** What was seen, in words. */
  readonly reason: string;
}

export interface GroupVerdict {
  readonly id: string;
  readonly outcome: Outcome;
  /** The final state that its instances were expected to have. */
  readonly expect: Expectation;
  readonly total: number;
  readonly counts: Counts;
  readonly instances: readonly InstanceVerdict[];
}

/** A bound for what was measured, and what was seen. */
export interface ThresholdVerdict extends Threshold {
  readonly outcome: 'met' | 'failed' | 'unknown';
  /** What was seen; null where nothing was measured. */
  readonly value: number | null;
  /** The same, in words. */
  readonly reason: string;
}

/** What was asked of a sidecar that shapes nothing. */
interface NetworkVerdict {
  /** How many configurations were answered. */
  readonly configured: number;
  /** How many of them asked for more than there is. */
  readonly not_as_asked: number;
  /** What was not applied, in words, with the number of configurations that asked for it. */
  readonly not_applied: Readonly<Record<string, number>>;
}

/** The verdict on a run; `result.json` holds it. */
export interface RunResult {
  readonly version: 1;
  readonly run_id: string;
  /** Its name in the composition; `default` where it has none. */
  readonly name: string;
  readonly plan: string;
  readonly case: string;
  /** From which each instance’s TEST_SEED was derived. */
  readonly seed: string;
  readonly outcome: Outcome;
  /** Why it did not begin; null if it did. */
  readonly error: string | null;
  /** What ended the run early, if anything did. */
  readonly stopped: {
    readonly ending: Exclude<Stop['ending'], 'no-longer-needed'>;
    readonly why: string;
  } | null;
  /** Null where no group had a sidecar. */
  readonly network: NetworkVerdict | null;
  readonly instances: number;
  readonly counts: Counts;
  readonly groups: readonly GroupVerdict[];
  readonly thresholds: readonly ThresholdVerdict[];
  /** RFC 3339, as `ended`. */
  readonly started: string;
  readonly ended: string;
  readonly duration_ms: number;
}

/** What ends a run for want of something: no plan has failed then. */
const lacking: ReadonlySet<string> = new Set(['store-lost', 'launcher-lost', 'disk-full']);

/** Whether a run was ended for want of something that it needs, the disk for instance. */
export function lackedSomething({ stopped }: Pick<RunResult, 'stopped'>): boolean {
  return stopped !== null && lacking.has(stopped.ending);
}

/** The verdicts on all instances that did not pass. */
export function notPassed({ groups }: Pick<RunResult, 'groups'>): InstanceVerdict[] {
  return groups.flatMap(({ instances }) => instances).filter(({ outcome }) => outcome !== 'success');
}

/** The thresholds that were not met: those that failed, and those that are unknown. */
export function notMet({ thresholds }: Pick<RunResult, 'thresholds'>): ThresholdVerdict[] {
  return thresholds.filter(({ outcome }) => outcome !== 'met');
}

/** What became of a threshold, in a line: `threshold met: p95 of latency below 250; it was 180`. */
export function judgedWords(threshold: ThresholdVerdict): string {
  return `threshold ${threshold.outcome}: ${thresholdWords(threshold)}; ${threshold.reason}`;
}

/** What kept a run from success, a line each: instances that did not pass, thresholds that were not met. */
export function shortcomings(result: Pick<RunResult, 'groups' | 'thresholds'>): string[] {
  return [...notPassed(result).map(verdictWords), ...notMet(result).map(judgedWords)];
}

/** A verdict in a line: `single[003] failed: its error`. */
export function verdictWords(verdict: InstanceVerdict): string {
  return `${instanceTag(verdict)} ${verdict.outcome}: ${verdict.reason}`;
}
