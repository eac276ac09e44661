import type { RunHistory } from '../history/events.ts';
import { fileOf, linesOf } from '../history/lines.ts';
import type { RunRecord } from '../history/record.ts';
import { msBetween } from '../os/clock.ts';
import { instanceDirOf } from '../outputs/layout.ts';
import { classify, classOf } from '../run/events/line-class.ts';
import type { RunResult } from '../run/verdict/result.ts';
import type { TgError } from '../util/errors.ts';
import type { Course } from './course.ts';
import type { Log } from './data.ts';
import { LogLines } from './log-lines.ts';

interface Reading {
  readonly onGap: (text: string) => void;
  /** Aborts the work, with its reason. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads the lines of all instances, with tg's messages and verdicts. Stages found in the lines are added to the
 * course.
 */
export async function logOf(
  record: RunRecord,
  course: Course,
  { result, history }: { readonly result: RunResult | undefined; readonly history: RunHistory },
  { onGap, signal }: Reading,
): Promise<Log> {
  const lines = new LogLines(course.all.length + 1);
  for (const { at, level, text } of history.notices)
    lines.add(-1, msBetween(course.began, at), level === 'WARN' ? 'WARN' : 'NOTE', text);
  const saidTrouble = new Set<number>();
  const onUnread = ({ where, message }: TgError) => onGap(`lines are missing: ${where}: ${message}`);
  for await (const line of linesOf(record.dir, course.all, history, onUnread)) {
    signal?.throwIfAborted();
    const of = course.placeOf(line.instance);
    const at = msBetween(course.began, line.at);
    const { event } = line;
    if (event?.type === 'stage-start' || event?.type === 'stage-end')
      course.stage(event.type, of, event.name, at);
    if (event?.type === 'failure' || event?.type === 'crash') saidTrouble.add(of);
    const shown = classify(line);
    // The start event is in run.out and is the same for all instances.
    if (shown !== undefined) lines.add(of, at, shown[0], shown[0] === 'START' ? '' : shown[1]);
  }
  addVerdicts(lines, course, result, saidTrouble);
  reportGaps(record, course, lines, onGap);
  return lines.log();
}

/** Adds the verdicts on failed instances that did not report a failure, as at the end of a run. */
function addVerdicts(
  lines: LogLines,
  course: Course,
  result: RunResult | undefined,
  saidTrouble: ReadonlySet<number>,
): void {
  for (const verdict of result?.groups.flatMap(({ instances }) => instances) ?? []) {
    const of = course.placeOf(verdict);
    if (verdict.outcome === 'success' || saidTrouble.has(of)) continue;
    const at = course.endOf(of) ?? msBetween(course.began, course.ended ?? course.began);
    lines.add(of, at, classOf(verdict.outcome), `${verdict.outcome}: ${verdict.reason}`);
  }
}

function reportGaps(
  { dir }: RunRecord,
  course: Course,
  lines: LogLines,
  onGap: (text: string) => void,
): void {
  const without = course.all.filter(
    (instance, place) =>
      course.hasBegun(place) && !hasOutput(instanceDirOf(dir, instance.group, instance.index)),
  );
  if (without.length > 0)
    onGap(`the outputs of ${without.length} instance${without.length === 1 ? '' : 's'} are missing`);
  if (lines.left > 0) onGap(`${lines.left} lines are left out of the log; tg logs shows them`);
  if (course.stagesLeft > 0) onGap(`${course.stagesLeft} stages are left out`);
}

function hasOutput(folder: string): boolean {
  try {
    return fileOf(folder, 'stdout') !== undefined;
  } catch {
    // The file may exist but be inaccessible; reading its lines reports that.
    return true;
  }
}
