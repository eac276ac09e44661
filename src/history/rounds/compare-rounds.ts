import { instanceTag } from '../../plan/instance-id.ts';
import { readActivity } from '../activity-log.ts';
import { readHistory } from '../events.ts';
import { instancesOf } from '../instances.ts';
import { linesOf } from '../lines.ts';
import type { RunRecord } from '../record.ts';
import { recordedResult } from '../result.ts';
import { type FailingLine, FailingLines, type LineEvent } from './failing-lines.ts';
import { type Parting, Partings } from './partings.ts';
import { type RoundEvent, RoundEvents } from './round-events.ts';

/** What failing rounds have that passing ones lack, and the other way round. */
export interface RoundsCompared {
  /** The lines that occur in failing rounds only. */
  readonly lines: readonly FailingLine[];
  /** Whether there were too many different lines to compare all. */
  readonly areLinesCut: boolean;
  /** The first events that failing rounds lack and all passing ones have. */
  readonly partings: readonly Parting[];
}

/**
 * Compares the output and the order of events of failing rounds with those of passing ones.
 * @param onUnread called with a message for what could not be read.
 */
export async function compareRounds(
  failed: readonly RunRecord[],
  passed: readonly RunRecord[],
  onUnread: (problem: string) => void,
): Promise<RoundsCompared> {
  const lines = new FailingLines();
  const partings = new Partings();
  const failing: { runId: string; events: ReadonlyMap<string, RoundEvent> }[] = [];
  for (const record of failed) {
    const { runId } = record;
    const isConsequence = consequencesIn(record);
    const events = await readRound(record, onUnread, (line) => {
      if (!isConsequence(line)) lines.addFailing(runId, line);
    });
    failing.push({ runId, events });
  }
  for (const record of passed)
    partings.addPassing(await readRound(record, onUnread, (line) => lines.addPassing(line)));
  return { lines: lines.all(), areLinesCut: lines.isCut, partings: partings.of(failing) };
}

/** Tells the errors of instances that were aborted because another one had failed. */
function consequencesIn(record: RunRecord): (line: LineEvent) => boolean {
  const verdicts = recordedResult(record)?.groups.flatMap(({ instances }) => instances) ?? [];
  const aborted = new Set(verdicts.flatMap((its) => (its.outcome === 'aborted' ? [instanceTag(its)] : [])));
  return (line) =>
    aborted.has(instanceTag(line.instance)) && (line.stream === 'stderr' || line.event?.type === 'failure');
}

/** Reads the lines and events of a round. */
async function readRound(
  record: RunRecord,
  onUnread: (problem: string) => void,
  onLine: (line: LineEvent) => void,
): Promise<ReadonlyMap<string, RoundEvent>> {
  const { dir, groups } = record;
  const events = new RoundEvents(groups);
  for (const activity of readActivity(dir, onUnread)) events.addActivity(activity);
  const history = await readHistory(dir);
  for await (const line of linesOf(dir, instancesOf(record, []), history, (problem) =>
    onUnread(problem.describe()),
  )) {
    onLine(line);
    events.addReported(line.instance, line.event, line.at);
  }
  return events.all();
}
