import type { Threshold } from '../threshold.ts';
import type { GroupRequest } from './resolve.ts';

/** A run before its defaults are resolved: its name and groups. */
export interface RequestedRun {
  readonly name: string;
  /** The name of the run in the composition, without the suffix of a matrix. */
  readonly of: string;
  /** The parameters from a matrix. */
  readonly combination: Readonly<Record<string, string>>;
  readonly groups: readonly GroupRequest[];
  readonly thresholds: readonly Threshold[];
}
