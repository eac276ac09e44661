import type { LineClass } from '../run/events/line-class.ts';
import type { ComparisonReport } from './comparison-data.ts';
import type { SeriesReport } from './series-data.ts';

/**
 * The data of a report page: plain JSON, produced by Node and drawn by the page. Times are in ms since the run
 * began. Instances, states and frequent texts are referenced by their index in a list. Large tables are stored as
 * columns.
 */

/** The classes of lines in testground's output; NOTE and WARN are messages of tg. */
export type LineKind = LineClass | 'NOTE' | 'WARN';

/** All kinds; columns refer to one by its index. */
export const lineKinds: readonly LineKind[] = [
  'NOTE',
  'WARN',
  'START',
  'OK',
  'FAIL',
  'CRASH',
  'INCOMPLETE',
  'MESSAGE',
  'METRIC',
  'OTHER',
  'ERROR',
];

export interface RunReport {
  readonly kind: 'run';
  readonly about: About;
  readonly groups: readonly ReportGroup[];
  readonly instances: readonly ReportInstance[];
  readonly stages: readonly Stage[];
  /** In the order in which stages first began. */
  readonly stageTimes: readonly StageTimes[];
  readonly waits: readonly Wait[];
  readonly states: readonly State[];
  readonly barriers: readonly Barrier[];
  readonly messages: Messages;
  readonly metrics: readonly Metric[];
  /** The network settings of instances over time. */
  readonly networkSpans: readonly NetworkSpan[];
  /** When faults hit instances. */
  readonly faults: readonly FaultSpan[];
  /** What the network did; null if it was not measured. */
  readonly network: Network | null;
  /** Null if the machine was not sampled. */
  readonly machine: Machine | null;
  readonly log: Log;
  readonly attachments: readonly ReportAttachment[];
  /** The number of attachments that are not listed. */
  readonly moreAttachments: number;
  /**
   * The number of moves at the sync service that are not on record. If it is not 0, counts may be too low and
   * signals may be missing.
   */
  readonly movesLeft: number;
  /** Descriptions of data that could not be read or was too large. */
  readonly gaps: readonly string[];
}

export interface About {
  readonly runId: string;
  readonly name: string;
  readonly plan: string;
  readonly testCase: string;
  readonly runner: string;
  readonly state: 'processing' | 'complete' | 'canceled' | 'interrupted' | 'unknown';
  readonly outcome: 'success' | 'unknown' | 'canceled' | 'error' | 'failure';
  /** The reasons why it ended early or did not start that no cause names, one per line. */
  readonly why: readonly string[];
  /** Why it did not pass, the most important first; none while it runs. */
  readonly causes: readonly ReportCause[];
  /** How many causes are not listed, and the instances that were ended because of all of them, one per line. */
  readonly consequences: readonly string[];
  /** Its thresholds, and whether they are met. */
  readonly thresholds: readonly { readonly words: string; readonly isMet: boolean }[];
  /** Its faults, and whether they were injected as asked. */
  readonly faults: readonly { readonly words: string; readonly isMet: boolean }[];
  /** Where it stalled, one per line. */
  readonly stood: readonly string[];
  /** Since the epoch. */
  readonly began: number;
  /** Its duration, or its duration so far. */
  readonly tookMs: number;
  /** The command that repeats it. */
  readonly rerun: string;
  /** Its settings, as names and values. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** One reason why a run did not pass. */
export interface ReportCause {
  /** The error, and whose it is. */
  readonly title: string;
  /** The place in the plan's code where it failed: `main.ts:12:3`; null if its stack does not tell. */
  readonly code: string | null;
  /** The line of the source there; null if it is not known. */
  readonly source: string | null;
  /** What is known about it. */
  readonly sections: readonly CauseSection[];
  /** The instance to look at first; null if it is not about instances. */
  readonly example: { readonly group: string; readonly index: number } | null;
}

/** Lines about a cause. */
export interface CauseSection {
  /** What they are: `stack`, `stderr`, `last output`; empty for lines that say so themselves. */
  readonly what: string;
  readonly lines: readonly string[];
}

/** The outcome or the state of a run, in one word. */
export function wordOf({ state, outcome }: Pick<About, 'state' | 'outcome'>): string {
  if (state === 'processing') return 'running';
  return state === 'interrupted' ? state : outcome;
}

export function titleOf(about: About): string {
  return `${wordOf(about)}: ${about.plan}:${about.testCase} · ${about.runId} · tg`;
}

export interface ReportGroup {
  readonly id: string;
  readonly instances: number;
  readonly builder: string;
  readonly expect: string;
  readonly params: readonly (readonly [name: string, value: string])[];
}

export type ReportOutcome =
  | 'waiting to start'
  | 'running'
  | 'ended'
  | 'success'
  | 'faulted'
  | 'failed'
  | 'crashed'
  | 'incomplete'
  | 'timed-out'
  | 'never-started'
  | 'canceled'
  | 'aborted';

export interface ReportInstance {
  readonly group: number;
  readonly index: number;
  readonly outcome: ReportOutcome;
  readonly reason: string;
  readonly from: number | null;
  /** When it first printed an event or used the sync service: until then it was starting. Null if it did neither. */
  readonly ready: number | null;
  /** Null for an instance that is running or never started. */
  readonly to: number | null;
}

/** A stage of an instance; `to` is null while it is open. */
export interface Stage {
  readonly of: number;
  readonly name: string;
  readonly from: number;
  readonly to: number | null;
}

/** How long the stages of one name took. */
export interface StageTimes {
  readonly name: string;
  /** How many ended. */
  readonly count: number;
  /** How many began and did not report their end, or not yet. */
  readonly unended: number;
  /** In ms, with the instance in which it took longest; null if none ended. */
  readonly times: {
    readonly p50: number;
    readonly p95: number;
    readonly max: number;
    readonly slowest: number;
  } | null;
}

/** A wait of an instance at a barrier, given by its index in `barriers`. */
export interface Wait {
  readonly of: number;
  readonly barrier: number;
  readonly from: number;
  readonly to: number | null;
  /** Whether the barrier opened. */
  readonly passed: boolean;
}

/** A state with its recorded signals in the order of their times: when, and by which instance. */
export interface State {
  readonly name: string;
  readonly at: readonly number[];
  readonly by: readonly number[];
  /** The highest known count. */
  readonly count: number;
}

/** A barrier: a state, by its index, and the number of signals to wait for. */
export interface Barrier {
  readonly state: number;
  /** Null if no instance waited, or only the plan knows the target. */
  readonly target: number | null;
}

/** When a fault hit instances. */
export interface FaultSpan {
  /** The fault, in words. */
  readonly text: string;
  /** The places of the instances. */
  readonly of: readonly number[];
  readonly from: number;
  /** The same as `from` for what happens once; null if it lasted to the end. */
  readonly to: number | null;
}

/** The network settings of an instance, until it asked for others. */
export interface NetworkSpan {
  readonly of: number;
  readonly from: number;
  /** Null until the end of the run. */
  readonly to: number | null;
  /** Its settings, as text. */
  readonly settings: readonly string[];
  /** The settings that it asked for and did not get, as text. */
  readonly notApplied: readonly string[];
  /** How long applying them took, in ms; null if that is not known. */
  readonly tookMs: number | null;
}

/** What the network of a run did with the packets of its instances. */
export interface Network {
  readonly links: readonly ReportLink[];
  /** What carried and delayed packets. */
  readonly engine: 'kernel' | 'user';
  /** How late delayed packets were, in ms; null if none was delayed, or the engine does not know. */
  readonly lateness: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  /** What was not delivered as asked, as text. */
  readonly problems: readonly string[];
  /** Who sent packets to whom; null if that is not known. */
  readonly peers: {
    /** Between instances. */
    readonly pairs: Pairs;
    /** The number of packets that were sent between instances that `pairs` does not have. */
    readonly unlisted: number;
    readonly groups: Pairs;
  } | null;
}

/** What happened to the packets of one instance. */
export interface ReportLink extends LinkCounts {
  readonly of: number;
}

export interface LinkCounts {
  readonly sent: number;
  readonly sentBytes: number;
  readonly received: number;
  readonly receivedBytes: number;
  /** Dropped because that was asked for. */
  readonly lost: number;
  /** Dropped by the full queue of a limited rate. */
  readonly overflowed: number;
  /** Dropped although that was not asked for. */
  readonly unasked: number;
  /** Sent to an address that no instance has; null if that is not known. */
  readonly strayed: number | null;
}

/** Who sent packets to whom, in columns, by the indexes of instances or groups; -1 for a NAT that several share. */
export interface Pairs {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly sent: readonly number[];
  readonly sentBytes: readonly number[];
  readonly received: readonly number[];
  readonly lost: readonly number[];
  readonly overflowed: readonly number[];
  readonly unasked: readonly number[];
}

/** The machine by time spans. Shares are from 0 to 1; null is unknown. */
export interface Machine {
  /** How many processors tg and its instances could use. */
  readonly cores: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly cpu: readonly (number | null)[];
  readonly steal: readonly (number | null)[];
  readonly memory: readonly (number | null)[];
  readonly load: readonly (number | null)[];
  /** The processors and the memory that the instances of groups used. */
  readonly groups: readonly {
    readonly group: number;
    readonly processors: readonly (number | null)[];
    readonly bytes: readonly (number | null)[];
  }[];
  /** That the machine was saturated, as text, and in what; null if it was not. */
  readonly warning: string | null;
  readonly reason: string | null;
}

/** The receipts of messages: who had published each, and when, and who received it, and when. */
export interface Messages {
  readonly from: readonly number[];
  readonly sent: readonly number[];
  readonly to: readonly number[];
  readonly got: readonly number[];
  /** How many receipts are not on record, or beyond what a page has. */
  readonly left: number;
}

/** A metric: all of it, and its series by group and tags. */
export interface Metric {
  /** With tags, if there is only one series. */
  readonly name: string;
  readonly type: string;
  readonly source: string;
  /** Null if several groups have it. */
  readonly group: number | null;
  /** Null if it is not declared. */
  readonly unit: string | null;
  readonly thresholds: readonly MetricThreshold[];
  /** All groups and tags together. */
  readonly all: Series;
  /** Empty if there is one only, which is all of it. */
  readonly series: readonly LabelledSeries[];
}

/** A bound of a threshold, as text and as a value. */
export interface MetricThreshold {
  readonly text: string;
  readonly value: number;
}

export interface LabelledSeries extends Series {
  readonly group: number;
  readonly tags: string;
}

export interface Series {
  readonly stats: {
    readonly count: number;
    readonly mean: number;
    readonly min: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
    /** Whether the quantiles are upper bounds rather than exact. */
    readonly atMost: boolean;
  };
  /** By time intervals, without empty ones: the middle of each. */
  readonly curve: Curve;
  /** Every value, if there are few. */
  readonly points: { readonly at: readonly number[]; readonly value: readonly number[] } | null;
  /** The value that a share of the values, from 0 to 1, does not exceed. */
  readonly distribution: { readonly share: readonly number[]; readonly value: readonly number[] };
}

export interface Curve {
  readonly at: readonly number[];
  /** Of a counter, these are its running total. */
  readonly p50: readonly number[];
  readonly p95: readonly number[];
  readonly p99: readonly number[];
}

/** The lines of all instances in the order of their times; `of` is -1 for lines of tg. */
export interface Log {
  readonly at: readonly number[];
  readonly of: readonly number[];
  /** Indexes in `lineKinds`. */
  readonly kind: readonly number[];
  readonly text: readonly string[];
}

/**
 * A file that a plan has attached to its run. `image`: `content` is a data URL; `text` and `json`: the text to show;
 * `html`: a page to show without its scripts; `file`: not shown.
 */
export interface ReportAttachment {
  /** The index of its instance. */
  readonly of: number;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  readonly kind: 'image' | 'text' | 'json' | 'html' | 'file';
  /** Empty for a file that is not shown. */
  readonly content: string;
  /** Its path in the archive of the run, as a relative URL. */
  readonly href: string;
}

export type Report = RunReport | ComparisonReport | SeriesReport;
