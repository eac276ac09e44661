import { NetworkCounts } from '../run/events/network-counts.ts';
import { MachineSamples, type MachineSummary } from '../run/machine/machine-summary.ts';
import type { StallSnapshot } from '../run/stall/stall-record.ts';
import type { RunResult } from '../run/verdict/result.ts';
import { type JournalRecord, journalOf } from './events.ts';

/** Where a run stalled and what stopped it, from its journal. */
export interface Why {
  /** The last stall and its snapshot; undefined if there was none. */
  readonly stalled:
    | {
        readonly at: Date;
        readonly forMs: number;
        readonly snapshot: StallSnapshot;
        /** When activity resumed; undefined if it did not. */
        readonly resumed: Date | undefined;
      }
    | undefined;
  /** Why the run was abandoned; undefined if it was not. */
  readonly abandonReason: string | undefined;
  /** What stopped the run before all instances had ended by themselves; undefined if nothing did. */
  readonly stopped: string | undefined;
  /** The network settings that were requested and not applied. */
  readonly network: NonNullable<RunResult['network']>;
  /** The machine so far; null if it was not sampled. */
  readonly machine: MachineSummary | null;
}

/** Reads from its journal why a run stalled, while it runs or afterwards. */
export async function readWhy(dir: string): Promise<Why> {
  return whyOf(await journalOf(dir));
}

/** Collects the same from journal records. */
export function whyOf(journal: Iterable<JournalRecord>): Why {
  let stalled: Why['stalled'];
  let abandonReason: string | undefined;
  let stopped: string | undefined;
  const network = new NetworkCounts();
  const machine = new MachineSamples();
  for (const its of journal) {
    if (its.type === 'stalled')
      stalled = { at: its.at, forMs: its.forMs, snapshot: its.snapshot, resumed: undefined };
    if (its.type === 'resumed' && stalled !== undefined) stalled = { ...stalled, resumed: its.at };
    if (its.type === 'abandoned') abandonReason = its.why;
    if (its.type === 'stopping') stopped = its.stop.why;
    if (its.type === 'machine') machine.add(its);
    if (its.type === 'network-configured') network.add(its.notApplied);
  }
  return { stalled, abandonReason, stopped, network: network.counts(), machine: machine.summary() };
}
