import type { InstanceId } from '../plan/instance-id.ts';
import type { EngineName } from './engine-name.ts';
import type { Pair, PairCounts, Peers } from './peers.ts';

/** What a network did with the packets of one instance. */
export interface LinkCounts extends PairCounts {
  /** Sent to an address that no instance has; undefined if the engine does not know. */
  readonly strayed: number | undefined;
}

/** How late delayed packets were, in ms. */
export interface Lateness {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What a run's network has done. @typeParam Who what tells whose a link is. */
export interface NetworkMeasured<Who = { readonly instance: InstanceId }> {
  readonly engine: EngineName;
  readonly links: readonly (LinkCounts & Who)[];
  /** Undefined if no packet was delayed. */
  readonly lateness?: Lateness | undefined;
  /** The number of packets that were dropped before it was known whose they are. */
  readonly missed: number;
  /** What else went wrong, as text. */
  readonly problems: readonly string[];
  /** Who sent packets to whom; undefined if the engine does not know. */
  readonly peers?: Peers | undefined;
}

/**
 * Tells links by something else. @param whoOf undefined for a link that is left out, with its pairs.
 */
export function renamed<Before, After extends object>(
  { links, peers, ...its }: NetworkMeasured<Before>,
  whoOf: (link: Before) => After | undefined,
): NetworkMeasured<After> {
  const kept = links.map((link) => ({ link, who: whoOf(link) }));
  let next = 0;
  const places = kept.map(({ who }) => (who === undefined ? undefined : next++));
  return {
    ...its,
    links: kept.flatMap(({ link, who }) => (who === undefined ? [] : [{ ...countsOf(link), ...who }])),
    ...(peers && { peers: { ...peers, pairs: peers.pairs.flatMap((pair) => replaced(pair, places)) } }),
  };
}

/** A pair with new places in the list of links; none if one of its links is left out. */
function replaced(pair: Pair<number>, places: readonly (number | undefined)[]): Pair<number>[] {
  const from = places[pair.from];
  const to = pair.to === null ? null : places[pair.to];
  return from === undefined || to === undefined ? [] : [{ ...pair, from, to }];
}

function countsOf({ sent, sentBytes, received, receivedBytes, ...drops }: LinkCounts): LinkCounts {
  const { lost, overflowed, unasked, strayed } = drops;
  return { sent, sentBytes, received, receivedBytes, lost, overflowed, unasked, strayed };
}

/** From this lateness on, in ms at p99, measured latencies are those of the machine. */
const lateMs = 2;

/** What was not delivered as asked, as text. */
export function networkProblems({ links, lateness, missed, problems }: NetworkMeasured): string[] {
  const unasked = missed + links.reduce((sum, each) => sum + each.unasked, 0);
  return [
    ...problems,
    ...(unasked === 0 ? [] : [`${unasked} packets were dropped that should not have been`]),
    ...(lateness === undefined || lateness.p99 <= lateMs
      ? []
      : [`packets were late, ${lateness.p99.toFixed(1)} ms at p99: latencies may be the machine's`]),
  ];
}
