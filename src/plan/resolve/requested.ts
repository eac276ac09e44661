import type { FaultSpec } from '../fault/fault.ts';
import type { Params } from '../run-spec.ts';
import type { Threshold } from '../threshold.ts';
import type { Layer } from './layered-config.ts';
import type { GroupRequest } from './resolve.ts';

/** A run before its defaults are resolved: its name and groups. */
export interface RequestedRun {
  readonly name: string;
  /** The name of the run in the composition, without the suffix of a matrix. */
  readonly of: string;
  /** The values from a matrix: of parameters, `instances` and `run.` keys. */
  readonly combination: Params;
  /** Run configuration from a matrix, weakest first. */
  readonly runConfig: readonly Layer[];
  readonly groups: readonly GroupRequest[];
  readonly thresholds: readonly Threshold[];
  readonly faults: readonly FaultSpec[];
  /**
   * The number of instances of each group in a run of a total.
   * @param where what gives the total, for messages.
   * @throws TgError (usage) if the groups cannot have that many together.
   */
  readonly countsFor: (total: number, where: string) => readonly number[];
}
