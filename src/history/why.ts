import { NetworkBook } from '../run/network-book.ts';
import type { StallSnapshot } from '../run/stall/stall-record.ts';
import type { RunResult } from '../run/verdict/result.ts';
import { type JournalRecord, journalOf } from './events.ts';

/** What a run's journal says of where it stood, and of what ended it. */
export interface Why {
  /** When nothing had moved for a while, the last time that this was so, and what was seen then. */
  readonly stalled:
    | {
        readonly at: Date;
        readonly forMs: number;
        readonly standing: StallSnapshot;
        /** When something moved again, if anything did. */
        readonly resumed: Date | undefined;
      }
    | undefined;
  /** Why it was given up, if it was. */
  readonly givenUp: string | undefined;
  /** What ended it before all had ended by themselves, if anything did. */
  readonly stopped: string | undefined;
  /** What was asked of the network, and not applied. */
  readonly network: NonNullable<RunResult['network']>;
}

/** Reads why a run stood still, from its journal: while it lasts, and afterwards. */
export async function readWhy(dir: string): Promise<Why> {
  return whyOf(await journalOf(dir));
}

/** The same, from what the journal says. */
export function whyOf(journal: Iterable<JournalRecord>): Why {
  let stalled: Why['stalled'];
  let givenUp: string | undefined;
  let stopped: string | undefined;
  const network = new NetworkBook();
  for (const its of journal) {
    if (its.type === 'stalled')
      stalled = { at: its.at, forMs: its.forMs, standing: its.standing, resumed: undefined };
    if (its.type === 'resumed' && stalled !== undefined) stalled = { ...stalled, resumed: its.at };
    if (its.type === 'given-up') givenUp = its.why;
    if (its.type === 'stopping') stopped = its.stop.why;
    if (its.type === 'network-configured') network.add(its.notApplied);
  }
  return { stalled, givenUp, stopped, network: network.counts() };
}
