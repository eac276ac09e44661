import type { RunHistory } from '../history/events.ts';
import { fileOf, linesOf } from '../history/lines.ts';
import type { RunRecord } from '../history/record.ts';
import { msBetween } from '../os/clock.ts';
import { instanceDirOf } from '../outputs/layout.ts';
import { classify, classOf } from '../run/events/line-class.ts';
import { hasPassed } from '../run/verdict/outcomes.ts';
import type { RunResult } from '../run/verdict/result.ts';
import type { TgError } from '../util/errors.ts';
import type { Log } from './data.ts';
import { LogLines } from './log-lines.ts';
import type { RunTimeline } from './run-timeline.ts';

interface Reading {
  readonly onGap: (text: string) => void;
  /** Aborts the work, with its reason. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads the lines of all instances, with tg's messages and verdicts. Stages found in the lines are added to the
 * timeline.
 */
export async function logOf(
  record: RunRecord,
  timeline: RunTimeline,
  { result, history }: { readonly result: RunResult | undefined; readonly history: RunHistory },
  { onGap, signal }: Reading,
): Promise<Log> {
  const lines = new LogLines(timeline.all.length + 1);
  for (const { at, level, text } of history.notices)
    lines.add(-1, msBetween(timeline.began, at), level === 'WARN' ? 'WARN' : 'NOTE', text);
  const saidTrouble = new Set<number>();
  const onUnread = ({ where, message }: TgError) => onGap(`lines are missing: ${where}: ${message}`);
  for await (const line of linesOf(record.dir, timeline.all, history, onUnread)) {
    signal?.throwIfAborted();
    const of = timeline.placeOf(line.instance);
    const at = msBetween(timeline.began, line.at);
    const { event } = line;
    if (event !== undefined) timeline.isReady(of, at);
    if (event?.type === 'stage-start' || event?.type === 'stage-end')
      timeline.stage(event.type, of, event.name, at);
    if (event?.type === 'failure' || event?.type === 'crash') saidTrouble.add(of);
    const shown = classify(line);
    // The start event is in run.out and is the same for all instances.
    if (shown !== undefined) lines.add(of, at, shown[0], shown[0] === 'START' ? '' : shown[1]);
  }
  addVerdicts(lines, timeline, result, saidTrouble);
  reportGaps(record, timeline, lines, onGap);
  return lines.log();
}

/** Adds the verdicts on failed instances that did not report a failure, as at the end of a run. */
function addVerdicts(
  lines: LogLines,
  timeline: RunTimeline,
  result: RunResult | undefined,
  saidTrouble: ReadonlySet<number>,
): void {
  for (const verdict of result?.groups.flatMap(({ instances }) => instances) ?? []) {
    const of = timeline.placeOf(verdict);
    if (hasPassed(verdict.outcome) || saidTrouble.has(of)) continue;
    const at = timeline.endOf(of) ?? msBetween(timeline.began, timeline.ended ?? timeline.began);
    lines.add(of, at, classOf(verdict.outcome), `${verdict.outcome}: ${verdict.reason}`);
  }
}

function reportGaps(
  { dir }: RunRecord,
  timeline: RunTimeline,
  lines: LogLines,
  onGap: (text: string) => void,
): void {
  const without = timeline.all.filter(
    (instance, place) =>
      timeline.hasBegun(place) && !hasOutput(instanceDirOf(dir, instance.group, instance.index)),
  );
  if (without.length > 0)
    onGap(`the outputs of ${without.length} instance${without.length === 1 ? '' : 's'} are missing`);
  if (lines.left > 0) onGap(`${lines.left} lines are left out of the log; tg logs shows them`);
  if (timeline.timer.refused > 0)
    onGap(`at least ${timeline.timer.refused} names of stages are not in the table of stages`);
  if (timeline.stagesLeft > 0) onGap(`${timeline.stagesLeft} stages are left out`);
}

function hasOutput(folder: string): boolean {
  try {
    return fileOf(folder, 'stdout') !== undefined;
  } catch {
    // The file may exist but be inaccessible; reading its lines reports that.
    return true;
  }
}
