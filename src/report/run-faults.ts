import type { JournalRecord } from '../history/events.ts';
import { msBetween } from '../os/clock.ts';
import { lastingKinds } from '../plan/fault/fault.ts';
import type { FaultSpan } from './data.ts';
import type { RunTimeline } from './run-timeline.ts';

/** At most this many faults are shown. */
const maxSpans = 5_000;

/**
 * When faults hit instances, from the journal. One that happens once is a moment; one that lasts to the end has no end.
 * @param onGap is called if not all are shown.
 */
export function faultSpansIn(
  journal: readonly JournalRecord[],
  { began, placeOf }: Pick<RunTimeline, 'began' | 'placeOf'>,
  onGap: (text: string) => void,
): readonly FaultSpan[] {
  const spans = new Map<string, FaultSpan>();
  let left = 0;
  for (const its of journal) {
    if (its.type !== 'fault' || its.did === 'fail') continue;
    const at = msBetween(began, its.at.getTime());
    const key = `${its.fault}/${its.nth}`;
    const open = spans.get(key);
    if (its.did === 'heal') {
      if (open !== undefined) spans.set(key, { ...open, to: at });
    } else if (spans.size < maxSpans) {
      const to = isLasting(its.kind) ? null : at;
      spans.set(key, { text: its.text, of: its.instances.map(placeOf), from: at, to });
    } else left++;
  }
  if (left > 0) onGap(`${left} faults are not shown`);
  return [...spans.values()];
}

function isLasting(kind: string): boolean {
  return lastingKinds.some((each) => each === kind);
}
