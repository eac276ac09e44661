import type { JournalRecord } from '../history/events.ts';
import { msBetween } from '../os/clock.ts';
import type { InstanceId } from '../plan/instance-id.ts';
import type { MeasuredNetwork, MeasuredPairs } from '../run/verdict/result.ts';
import type { Network, NetworkSpan, Pairs } from './data.ts';
import { notBefore, type RunTimeline } from './run-timeline.ts';

/** The maximum number of configurations shown of a run, and the minimum shown of each instance. */
const maxSpans = { ofRun: 50_000, ofInstance: 16 } as const;

/**
 * The network settings of instances over time, from the journal; empty if no network was to be changed.
 * @param onGap is called if not all are shown.
 */
export function networkSpansIn(
  journal: readonly JournalRecord[],
  { began, all, placeOf, endOf }: Pick<RunTimeline, 'began' | 'all' | 'placeOf' | 'endOf'>,
  onGap: (text: string) => void,
): readonly NetworkSpan[] {
  const share = Math.max(maxSpans.ofInstance, Math.floor(maxSpans.ofRun / all.length));
  const spans: NetworkSpan[][] = all.map(() => []);
  /** The instances whose next configuration is not shown. */
  const ended = new Set<number>();
  let left = 0;
  let isShaped = false;
  for (const its of journal) {
    if (its.type !== 'network-configured' || its.instance === undefined) continue;
    const of = placeOf(its.instance);
    const own = spans[of];
    const before = own?.at(-1);
    if (own === undefined) continue;
    const from = msBetween(began, its.at.getTime());
    const isLeftOut = own.length >= share;
    // The last one that is shown does not stand for those that are not.
    if (before !== undefined && (!isLeftOut || !ended.has(of))) own[own.length - 1] = { ...before, to: from };
    if (isLeftOut) {
      ended.add(of);
      left++;
      continue;
    }
    isShaped ||= its.applied.length > 0 || its.notApplied.length > 0;
    // What is not applied leaves the network as it was.
    const settings = its.notApplied.length > 0 ? (before?.settings ?? []) : its.applied;
    own.push({
      of,
      from,
      to: notBefore(from, endOf(of)),
      settings,
      notApplied: its.notApplied,
      tookMs: its.tookMs,
    });
  }
  if (left > 0) onGap(`${left} network configurations are not shown`);
  return isShaped ? spans.flat() : [];
}

/** What the network did with the packets of a run; null if it was not measured. */
export function networkOf(
  measured: MeasuredNetwork | null | undefined,
  groups: readonly string[],
  placeOf: (instance: InstanceId) => number,
): Network | null {
  if (measured === null || measured === undefined) return null;
  const { engine, links, lateness_ms, problems, peers } = measured;
  const places = links.map(placeOf);
  return {
    links: links.map(({ sent, received, lost, overflowed, unasked, strayed, ...its }, link) => ({
      of: places[link] ?? -1,
      ...{ sent, sentBytes: its.sent_bytes, received, receivedBytes: its.received_bytes },
      ...{ lost, overflowed, unasked, strayed },
    })),
    engine,
    lateness: lateness_ms,
    problems,
    peers: peers && {
      pairs: pairsOf(peers.pairs, (link) => places[link] ?? -1),
      unlisted: peers.unlisted,
      groups: pairsOf(peers.groups, (group) => groups.indexOf(group)),
    },
  };
}

function pairsOf<Who>(pairs: MeasuredPairs<Who>, placeOf: (who: Who) => number): Pairs {
  const { from, to, sent, sent_bytes: sentBytes, received, lost, overflowed, unasked } = pairs;
  return {
    from: from.map(placeOf),
    to: to.map((who) => (who === null ? -1 : placeOf(who))),
    ...{ sent, sentBytes, received, lost, overflowed, unasked },
  };
}
