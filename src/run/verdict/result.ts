import type { EngineName } from '../../network/engine-name.ts';
import type { Lateness, LinkCounts } from '../../network/measured.ts';
import type { Attachments } from '../../outputs/attachments/attachments.ts';
import type { InstanceId } from '../../plan/instance-id.ts';
import { instanceTag } from '../../plan/instance-id.ts';
import type { Expectation } from '../../plan/run-spec.ts';
import { type Threshold, thresholdText } from '../../plan/threshold.ts';
import type { Causes } from '../causes/cause.ts';
import type { Stop } from '../events/ending.ts';
import type { MachineSummary } from '../machine/machine-summary.ts';
import { hasPassed, type InstanceOutcome, type Outcome, type PassedOutcome } from './outcomes.ts';

/** The number of instances by outcome, without outcomes that do not occur. */
type Counts = Readonly<Partial<Record<InstanceOutcome, number>>>;

export interface InstanceVerdict {
  readonly group: string;
  /** Its number in the group, from 0. */
  readonly index: number;
  readonly outcome: InstanceOutcome;
  /** The observation behind the outcome, as text. */
  readonly reason: string;
}

export interface GroupVerdict {
  readonly id: string;
  readonly outcome: Outcome;
  /** The final state expected of its instances. */
  readonly expect: Expectation;
  readonly total: number;
  readonly counts: Counts;
  readonly instances: readonly InstanceVerdict[];
}

/** A threshold for a measured value, and its verdict. */
export interface ThresholdVerdict extends Threshold {
  readonly outcome: 'met' | 'failed' | 'unknown';
  /** The measured value; null if nothing was measured. */
  readonly value: number | null;
  /** The measured value, as text. */
  readonly reason: string;
}

/** A fault of a run, and what came of it. */
export interface FaultVerdict {
  /** It, as text. */
  readonly fault: string;
  /** How often it was injected. */
  readonly injected: number;
  /** Why it was not injected, or not undone, as text; null if it was. */
  readonly problem: string | null;
}

/** Requests to a sidecar that does not shape the network. */
interface NetworkVerdict {
  /** The number of network configurations that were answered. */
  readonly configured: number;
  /** The number of configurations with unsupported settings. */
  readonly not_as_asked: number;
  /** Settings that were not applied, as text, with the number of configurations that asked for each. */
  readonly not_applied: Readonly<Record<string, number>>;
  /** Null if nothing was measured, or in results of earlier versions. */
  readonly measured: MeasuredNetwork | null;
}

/** What the network of a run did. */
export interface MeasuredNetwork {
  readonly engine: EngineName;
  /** What was not delivered as asked, as text. */
  readonly problems: readonly string[];
  /** How late delayed packets were; null if none was delayed, or the engine does not know. */
  readonly lateness_ms: Lateness | null;
  /** The number of packets that were dropped before it was known whose they are. */
  readonly missed: number;
  readonly links: readonly MeasuredLink[];
  /** Who sent packets to whom; null if the network does not know, or in results of earlier versions. */
  readonly peers: MeasuredPeers | null;
}

/** Who sent packets to whom. */
export interface MeasuredPeers {
  /** Between instances, given by their place in `links`: those with most packets. */
  readonly pairs: MeasuredPairs<number>;
  /** The number of packets that were sent between instances that `pairs` does not have. */
  readonly unlisted: number;
  /** All packets, between groups. */
  readonly groups: MeasuredPairs<string>;
}

/**
 * What happened to the packets from one to another, in columns. `to` is null for packets that were dropped on the way to
 * a NAT that several instances share. @typeParam Who what tells them apart.
 */
export interface MeasuredPairs<Who> {
  readonly from: readonly Who[];
  readonly to: readonly (Who | null)[];
  readonly sent: readonly number[];
  readonly sent_bytes: readonly number[];
  readonly received: readonly number[];
  readonly received_bytes: readonly number[];
  readonly lost: readonly number[];
  readonly overflowed: readonly number[];
  readonly unasked: readonly number[];
}

/** What the network did with the packets of one instance. */
export interface MeasuredLink
  extends Omit<LinkCounts, 'sentBytes' | 'receivedBytes' | 'strayed'>,
    InstanceId {
  /** Null if the engine does not know. */
  readonly strayed: number | null;
  readonly sent_bytes: number;
  readonly received_bytes: number;
}

/** The verdict on a run, as in `result.json`. */
export interface RunResult extends Causes, Attachments {
  readonly version: 1;
  readonly run_id: string;
  /** Its name in the composition; `default` if it has none. */
  readonly name: string;
  readonly plan: string;
  readonly case: string;
  /** The seed from which each instance's TEST_SEED is derived. */
  readonly seed: string;
  readonly outcome: Outcome;
  /** Why the run did not begin; null if it did. */
  readonly error: string | null;
  /** What ended the run early; null if nothing did. */
  readonly stopped: {
    /** Results of earlier versions have `launcher-lost` for `runner-lost`, and `given-up` for `abandoned`. */
    readonly ending: Exclude<Stop['ending'], 'no-longer-needed'> | 'launcher-lost' | 'given-up';
    readonly why: string;
  } | null;
  /** Null if no group had a sidecar. */
  readonly network: NetworkVerdict | null;
  /** Null if the run did not begin, or in results of earlier versions. */
  readonly machine: MachineSummary | null;
  readonly instances: number;
  readonly counts: Counts;
  readonly groups: readonly GroupVerdict[];
  readonly thresholds: readonly ThresholdVerdict[];
  /** Empty in results of earlier versions. */
  readonly faults: readonly FaultVerdict[];
  /** As RFC 3339, like `ended`. */
  readonly started: string;
  readonly ended: string;
  readonly duration_ms: number;
  /** The greatest number of runs of its command at the same time, this one included. */
  readonly side_by_side: number;
}

/** The reasons for a stop that come from a lack of resources, not from the plan. */
const lacking: ReadonlySet<string> = new Set(['store-lost', 'runner-lost', 'launcher-lost', 'disk-full']);

/** Whether a run was stopped because a resource was lost or exhausted, such as the disk. */
export function lackedSomething({ stopped }: Pick<RunResult, 'stopped'>): boolean {
  return stopped !== null && lacking.has(stopped.ending);
}

/** The verdict on an instance that did not pass. */
export type FailedVerdict = InstanceVerdict & {
  readonly outcome: Exclude<InstanceOutcome, PassedOutcome>;
};

/** The verdicts on all instances that did not pass. */
export function notPassed({ groups }: Pick<RunResult, 'groups'>): FailedVerdict[] {
  return groups.flatMap(({ instances }) => instances).filter(hasFailed);
}

function hasFailed(verdict: InstanceVerdict): verdict is FailedVerdict {
  return !hasPassed(verdict.outcome);
}

/** The thresholds that failed or are unknown. */
export function notMet({ thresholds }: Pick<RunResult, 'thresholds'>): ThresholdVerdict[] {
  return thresholds.filter(({ outcome }) => outcome !== 'met');
}

/** The verdict on a threshold in one line: `threshold met: p95 of latency below 250; it was 180`. */
export function judgedText(threshold: ThresholdVerdict): string {
  return `threshold ${threshold.outcome}: ${thresholdText(threshold)}; ${threshold.reason}`;
}

/** Why the faults of a run leave open whether it passed, one line each. */
export function faultProblems({ faults, counts }: Pick<RunResult, 'faults' | 'counts'>): string[] {
  const hasTested = counts.faulted === undefined || Object.keys(counts).length > 1;
  return [
    ...faults.flatMap(({ fault, problem }) =>
      problem === null ? [] : [`fault not carried out: ${fault}: ${problem}`],
    ),
    ...(hasTested ? [] : ['nothing was tested: faults have ended all instances']),
  ];
}

/**
 * Why a run did not pass, one line each: instances that did not pass, thresholds that were not met, faults that were
 * not injected.
 */
export function shortcomings(
  result: Pick<RunResult, 'groups' | 'thresholds' | 'faults' | 'counts'>,
): string[] {
  return [...notPassed(result).map(verdictText), ...notMet(result).map(judgedText), ...faultProblems(result)];
}

/** A verdict in one line: `single[003] failed: its error`. */
export function verdictText(verdict: InstanceVerdict): string {
  return `${instanceTag(verdict)} ${verdict.outcome}: ${verdict.reason}`;
}
