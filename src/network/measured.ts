import type { InstanceId } from '../plan/instance-id.ts';
import type { EngineName } from './engine.ts';

/** What a network did with the packets of one instance. */
export interface LinkCounts {
  readonly sent: number;
  readonly sentBytes: number;
  readonly received: number;
  readonly receivedBytes: number;
  /** Dropped because that was asked for. */
  readonly lost: number;
  /** Dropped because the queue of a limited rate was full. */
  readonly overflowed: number;
  /** Dropped although that was not asked for. */
  readonly unasked: number;
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
