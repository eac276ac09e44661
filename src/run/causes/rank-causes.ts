import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import { rangesOf } from '../../plan/instance-ranges.ts';
import { groupBy } from '../../util/group-by.ts';
import { truncate } from '../../util/truncate.ts';
import type { StallSnapshot } from '../stall/stall-record.ts';
import { mainWait } from '../stall/stall-text.ts';
import type { InstanceOutcome } from '../verdict/outcomes.ts';
import {
  type FailedVerdict,
  faultProblems,
  judgedText,
  notMet,
  notPassed,
  type RunResult,
} from '../verdict/result.ts';
import { type Cause, type Causes, noCauses } from './cause.ts';
import { sharedText, withoutVarying } from './shared-text.ts';

/** At most this many causes are listed. */
const maxCauses = 20;
/** The maximum number of characters of a cause's text. */
const maxText = 300;
/** The same for the error of a run that did not begin: what a compiler says is long. */
const maxError = 10_000;

/** The outcomes that make a run fail, by severity. Instances with another outcome were ended because of something else. */
const severity: Readonly<Partial<Record<InstanceOutcome, number>>> = {
  failed: 0,
  crashed: 0,
  'never-started': 0,
  'timed-out': 1,
  incomplete: 2,
};

/** The reasons for a stop that come before anything that instances report as its consequence. */
const comesFirst: ReadonlySet<string> = new Set([
  ...['store-lost', 'runner-lost', 'launcher-lost', 'refused', 'disk-full', 'max-output'],
]);

/** The parts of a result that show the causes. */
type Judged = Pick<
  RunResult,
  'outcome' | 'error' | 'stopped' | 'groups' | 'thresholds' | 'faults' | 'counts'
>;

/** What is known about a run besides its result. */
interface Known {
  /** When an instance failed, in ms since the run began; undefined if that is unknown. */
  readonly failedAtMs: (instance: InstanceId) => number | undefined;
  /** Which instances waited for what at the end of the run; undefined if the run did not stall. */
  readonly stall: StallSnapshot | undefined;
}

const nothing: Known = { failedAtMs: () => undefined, stall: undefined };

/**
 * Finds why a run did not pass. First comes what ended the whole run, then instances that failed or crashed, that timed
 * out and that are incomplete, each in order of time, then thresholds. Instances that were ended because of these are
 * its consequences.
 */
export function rankCauses(judged: Judged, known: Known = nothing): Causes {
  const { outcome, error, stopped } = judged;
  if (outcome === 'success') return noCauses;
  if (error !== null) return listed([{ ...runCause('error', error), text: truncate(error, maxError) }]);
  const verdicts = notPassed(judged);
  const ended = verdicts.filter((verdict) => wasEnded(verdict, stopped));
  const failed = verdicts.filter((verdict) => !wasEnded(verdict, stopped));
  const own = [
    ...instanceCauses(failed, known),
    ...thresholdCauses(judged, verdicts.length === 0),
    ...(outcome === 'unknown' ? faultProblems(judged).map((text) => runCause('fault', text)) : []),
  ];
  const leads = stopped !== null && (comesFirst.has(stopped.ending) || failed.length === 0);
  if (leads && (ended.length > 0 || own.length === 0))
    return listed([runCause('stopped', stopped.why, ended), ...own]);
  if (own.length === 0) return listed(instanceCauses(ended, known));
  return listed(own, consequencesOf(ended, own[0], stopped?.why));
}

/** The instances that did not pass for a reason of their own; all that did not pass if each was ended by tg. */
export function culpritsIn(judged: Pick<Judged, 'stopped' | 'groups'>): readonly InstanceId[] {
  const verdicts = notPassed(judged);
  const own = verdicts.filter((verdict) => !wasEnded(verdict, judged.stopped));
  return own.length === 0 ? verdicts : own;
}

/** Whether an instance did not pass because the run was ended, before or after it was started. */
function wasEnded({ outcome, reason }: FailedVerdict, stopped: Judged['stopped']): boolean {
  const wasNotStarted = outcome === 'never-started' && reason.startsWith('not started: ');
  return severity[outcome] === undefined || (stopped !== null && wasNotStarted);
}

/** The causes in a result; found from its verdicts if an earlier version of tg wrote it. */
export function causesIn(result: RunResult): Causes {
  const { causes, more_causes, consequences } = result;
  return causes.length === 0 ? rankCauses(result) : { causes, more_causes, consequences };
}

function listed(causes: readonly Cause[], consequences = ''): Causes {
  return {
    causes: causes.slice(0, maxCauses),
    more_causes: Math.max(0, causes.length - maxCauses),
    consequences,
  };
}

/** Thresholds that were missed. What a run has not measured because it was ended or failed is not why it failed. */
function thresholdCauses(judged: Judged, allPassed: boolean): Cause[] {
  const { stopped } = judged;
  if (stopped?.ending === 'canceled') return [];
  const isWhole = stopped === null && allPassed;
  return notMet(judged)
    .filter(({ outcome }) => outcome === 'failed' || isWhole)
    .map((threshold) => runCause('threshold', judgedText(threshold)));
}

/** A text as it is in a cause. */
export function inCause(text: string): string {
  return truncate(oneLine(text), maxText);
}

/** A cause that is not an error of instances. @param ended the instances that were ended because of it. */
function runCause(kind: Cause['kind'], why: string, ended: readonly InstanceId[] = []): Cause {
  return {
    kind,
    text: inCause(why),
    count: ended.length,
    instances: rangesOf(ended),
    example: null,
    stall: null,
  };
}

/** Groups instances with the same error. */
function instanceCauses(verdicts: readonly FailedVerdict[], known: Known): Cause[] {
  const groups = groupBy(verdicts, (verdict) => `${verdict.outcome}: ${withoutVarying(errorOf(verdict))}`);
  const atOf = (instance: InstanceId) => known.failedAtMs(instance) ?? 0;
  return [...groups.values()]
    .map((its) => its.toSorted((a, b) => atOf(a) - atOf(b)))
    .flatMap((its) => (its[0] === undefined ? [] : [{ first: its[0], its }]))
    .sort(({ first: a }, { first: b }) => rankOf(a) - rankOf(b) || atOf(a) - atOf(b))
    .map(({ first, its }) => instanceCause(first, its, known));
}

function rankOf({ outcome }: FailedVerdict): number {
  return severity[outcome] ?? Number.MAX_SAFE_INTEGER;
}

function instanceCause(
  first: FailedVerdict,
  its: readonly FailedVerdict[],
  { failedAtMs, stall }: Known,
): Cause {
  const stood = first.outcome === 'timed-out' ? stall : undefined;
  const example = (stood && awaited(stood, its)) ?? first;
  const { group, index, reason } = example;
  return {
    kind: first.outcome,
    text: textOf(its, stood && mainWait(stood)),
    count: its.length,
    instances: rangesOf(its),
    example: {
      group,
      index,
      at_ms: failedAtMs(example) ?? null,
      reason,
      stack: [],
      source: null,
      last_lines: [],
    },
    stall: stood ?? null,
  };
}

/** @param wait what they were waiting for, as text. */
function textOf(its: readonly FailedVerdict[], wait: string | undefined): string {
  const error = sharedText(its.map(errorOf));
  return wait === undefined ? error : truncate(`${error}: ${wait}`, maxText);
}

/** The first of some instances that others wait for; undefined if there is none. */
function awaited({ waits, busy }: StallSnapshot, its: readonly FailedVerdict[]): FailedVerdict | undefined {
  const byTag = new Map(its.map((verdict) => [instanceTag(verdict), verdict]));
  const missing = [...waits.flatMap(({ absent }) => absent), ...busy].map((one) =>
    byTag.get(instanceTag(one)),
  );
  return missing.find((one) => one !== undefined);
}

/** The error of a verdict in one line, without the state of the instance when tg ended it. */
function errorOf({ outcome, reason }: FailedVerdict): string {
  const line = oneLine(reason).replace(/ \(and \d+ more\)$/, '');
  const error = endedByTg.has(outcome) ? (line.split('; ')[0] ?? '') : line;
  return truncate(error, maxText);
}

/** Instances that tg ended. Their reasons go on with what each of them did then. */
const endedByTg: ReadonlySet<InstanceOutcome> = new Set(['timed-out', 'aborted', 'canceled']);

function oneLine(text: string): string {
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? ''
  );
}

/** `49 aborted after single[037] failed`. */
function consequencesOf(ended: readonly FailedVerdict[], first: Cause | undefined, why = ''): string {
  const counts = { aborted: 0, canceled: 0, 'not started': 0 };
  for (const { outcome } of ended)
    counts[outcome === 'never-started' ? 'not started' : outcome === 'canceled' ? outcome : 'aborted']++;
  const after = first?.example ? ` after ${instanceTag(first.example)} ${first.kind}` : '';
  return [
    ...(counts.aborted === 0 ? [] : [`${counts.aborted} aborted${after}`]),
    ...(counts['not started'] === 0 ? [] : [`${counts['not started']} not started`]),
    ...(counts.canceled === 0 ? [] : [`${counts.canceled} canceled${why === '' ? '' : `: ${inCause(why)}`}`]),
  ].join('; ');
}
