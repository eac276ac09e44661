import { readActivity } from '../history/activity-log.ts';
import { historyOf, journalOf } from '../history/events.ts';
import type { RunRecord } from '../history/record.ts';
import { machineOf, readRunResult } from '../history/result.ts';
import { whyOf } from '../history/why.ts';
import { msBetween } from '../os/clock.ts';
import { runFiles } from '../outputs/layout.ts';
import { outcomes } from '../run/verdict/outcomes.ts';
import type { RunResult } from '../run/verdict/result.ts';
import { messageOf } from '../util/errors.ts';
import { aboutRun } from './about.ts';
import { readAttachments } from './attachments.ts';
import { Barriers } from './barriers.ts';
import type { Log, RunReport } from './data.ts';
import { messagesIn } from './messages.ts';
import { measuredIn } from './read-metrics.ts';
import { faultSpansIn } from './run-faults.ts';
import { logOf } from './run-log.ts';
import { machineIn } from './run-machine.ts';
import { networkOf, networkSpansIn } from './run-network.ts';
import { RunTimeline } from './run-timeline.ts';

/**
 * Builds the report of a run from its outputs so far.
 * @param signal aborts it, with its reason.
 */
export async function reportOf(found: RunRecord, signal?: AbortSignal): Promise<RunReport> {
  const gaps: string[] = [];
  const onGap = (text: string) => void gaps.push(text);
  const timeline = new RunTimeline(found);
  const journal = await journalOf(found.dir);
  for (const its of journal) timeline.learn(its);
  const result = await resultIn(found, timeline, onGap);
  const record = asItEnded(found, timeline, result);
  const log = await logOf(record, timeline, { result, history: historyOf(journal) }, { onGap, signal });
  const entries = new Barriers({ placeOf: timeline.placeOf, endOf: timeline.endOf, began: timeline.began });
  // Without a started instance there is no activity log.
  const hasBegun = timeline.all.some((_, place) => timeline.hasBegun(place));
  const did = hasBegun ? readActivity(record.dir, onGap) : [];
  for (const entry of did) {
    entries.add(entry);
    if (entry.did !== 'more' && entry.did !== 'more-received')
      timeline.isReady(timeline.placeOf(entry), msBetween(timeline.began, entry.at));
  }
  if (entries.left > 0) onGap(`at least ${entries.left} sync operations of the instances are not recorded`);
  const last = lastMoment(log, timeline, did.at(-1)?.at);
  const why = whyOf(journal);
  const { about, groups, thresholds } = await aboutRun(
    record,
    { result, why },
    { began: timeline.began, last },
    onGap,
  );
  const span = { began: timeline.began, ended: timeline.began + about.tookMs };
  const names = record.groups.map(({ id }) => id);
  return {
    kind: 'run',
    about,
    groups,
    instances: timeline.instances(
      result?.groups.flatMap(({ instances }) => instances) ?? [],
      record.state !== 'processing' && record.state !== 'unknown',
    ),
    stages: timeline.stages(),
    stageTimes: timeline.timer.times(),
    ...entries.result(),
    messages: messagesIn(did, timeline),
    movesLeft: entries.left,
    metrics: await measuredIn(record, { groups: names, thresholds }, span, { onGap, signal }),
    networkSpans: networkSpansIn(journal, timeline, onGap),
    faults: faultSpansIn(journal, timeline, onGap),
    network: networkOf(result?.network?.measured, names, timeline.placeOf),
    machine: machineIn(journal, machineOf(record) ?? why.machine, { groups: names, began: timeline.began }),
    log,
    ...(await readAttachments(record, result, timeline.placeOf, onGap)),
    gaps,
  };
}

/** When a run ended or had its last event, in ms since the epoch. */
function lastMoment({ at }: Log, timeline: RunTimeline, entry = 0): number {
  if (timeline.ended !== undefined) return timeline.ended;
  const ends = timeline.all.map((_, place) => timeline.endOf(place) ?? 0);
  const since = [at.at(-1) ?? 0, ...ends].reduce((latest, each) => Math.max(latest, each), 0);
  return Math.max(timeline.began + since, entry);
}

/**
 * Updates the record of a run that has ended since it was read, or whose result is unreadable, from its result or
 * journal.
 */
function asItEnded(
  record: RunRecord,
  { ended, outcome }: RunTimeline,
  result: RunResult | undefined,
): RunRecord {
  const known = result?.outcome ?? outcomes.find((each) => each === outcome);
  if (record.result !== undefined || ended === undefined || known === undefined) return record;
  const state = known === 'canceled' ? 'canceled' : 'complete';
  return { ...record, state, outcome: known, updated: new Date(ended) };
}

async function resultIn(
  { dir }: RunRecord,
  { ended }: RunTimeline,
  onGap: (text: string) => void,
): Promise<RunResult | undefined> {
  try {
    return readRunResult(dir);
  } catch (error) {
    // An active or interrupted run has none.
    if (ended !== undefined)
      onGap(`the verdicts are missing: ${runFiles.result} cannot be read: ${firstLine(messageOf(error))}`);
    return undefined;
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
