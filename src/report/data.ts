import type { LineClass } from '../run/events/line-class.ts';

/**
 * What a report page is given: plain JSON, the same for Node, which gathers it, and the page, which draws it. Times are ms since
 * the run began; instances, states and texts that occur often are named by their place in a list. What is many is in columns.
 */

/** The classes of lines as testground shows them; NOTE and WARN are tg's own words. */
export type LineKind = LineClass | 'NOTE' | 'WARN';

/** All of them: columns name one by its place. */
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
  readonly waits: readonly Wait[];
  readonly states: readonly State[];
  readonly barriers: readonly Barrier[];
  readonly metrics: readonly Metric[];
  readonly log: Log;
  /** How much of what was done at the sync service is not on record: counts may be higher, and signals missing, where it is some. */
  readonly movesLeft: number;
  /** What could not be read, or was too much, in words. */
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
  /** What ended it early, or kept it from its beginning, a line each. */
  readonly why: readonly string[];
  /** What its thresholds say, and whether they are kept. */
  readonly thresholds: readonly { readonly words: string; readonly isMet: boolean }[];
  /** Where it stood when nothing moved for long, a line each. */
  readonly stood: readonly string[];
  /** Since the epoch. */
  readonly began: number;
  /** How long it took, or has taken so far. */
  readonly tookMs: number;
  /** What carries it out again. */
  readonly rerun: string;
  /** What it was carried out with, and how: names and values. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** How a run ended, or stands, in one word. */
export function wordOf({ state, outcome }: Pick<About, 'state' | 'outcome'>): string {
  if (state === 'processing') return 'running';
  return state === 'interrupted' ? state : outcome;
}

/** What a page of a run is called. */
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
  /** Null for one that runs still, or never did. */
  readonly to: number | null;
}

/** Of an instance, `to` null for one that it has not left. */
export interface Stage {
  readonly of: number;
  readonly name: string;
  readonly from: number;
  readonly to: number | null;
}

/** How an instance waited at a barrier, by its place in `barriers`. */
export interface Wait {
  readonly of: number;
  readonly barrier: number;
  readonly from: number;
  readonly to: number | null;
  /** Whether the barrier opened. */
  readonly passed: boolean;
}

/** A state, with the signals that are on record in the order of their times: when, and by whom. */
export interface State {
  readonly name: string;
  readonly at: readonly number[];
  readonly by: readonly number[];
  /** How high it is known to have been. */
  readonly count: number;
}

/** Where somebody waited, or could have: a state, by its place, and how often it has to be signalled. */
export interface Barrier {
  readonly state: number;
  /** Null where nobody waited, or only the plan knows. */
  readonly target: number | null;
}

/** What the instances of a group have measured of something. */
export interface Metric {
  readonly name: string;
  readonly type: string;
  readonly source: string;
  readonly group: number;
  readonly stats: {
    readonly count: number;
    readonly mean: number;
    readonly min: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
    /** Whether the quantiles are the most that they can be, and not exact. */
    readonly atMost: boolean;
  };
  readonly curve: Curve;
}

/** What was measured in pieces of time, those in which anything was: at their middle, and the least, median and most value there. */
export interface Curve {
  /** What its line is, in words. */
  readonly what: string;
  readonly at: readonly number[];
  readonly low: readonly number[];
  readonly mid: readonly number[];
  readonly high: readonly number[];
}

/** Lines of all instances in the order of their times; `of` is -1 for what tg says. */
export interface Log {
  readonly at: readonly number[];
  readonly of: readonly number[];
  /** By their place in `lineKinds`. */
  readonly kind: readonly number[];
  readonly text: readonly string[];
}

/** Runs side by side. */
export interface ComparisonReport {
  readonly kind: 'comparison';
  /** How it is compared, in sentences. */
  readonly method: string;
  readonly sides: readonly {
    readonly name: string;
    readonly words: string;
    readonly runs: readonly string[];
  }[];
  /** In what they were asked for differently. */
  readonly differ: readonly string[];
  readonly metrics: readonly ComparedRow[];
}

export interface ComparedRow {
  readonly metric: string;
  /** What one value stands for, of the first side and of most others. */
  readonly of: 'run' | 'instance';
  readonly sides: readonly (ComparedSide | null)[];
}

export interface ComparedSide {
  readonly value: number;
  readonly change: number | null;
  readonly p: number | null;
  readonly isSignificant: boolean;
  /** The mean of all that is compared. */
  readonly centre: number;
  /** One of each run, or of each instance; of many, some. */
  readonly values: readonly number[];
}

export type Report = RunReport | ComparisonReport;
