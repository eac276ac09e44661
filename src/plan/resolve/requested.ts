import type { Threshold } from '../threshold.ts';
import type { GroupRequest } from './resolve.ts';

/** A run before its defaults are resolved: its name, and its groups. */
export interface RequestedRun {
  readonly name: string;
  /** The name of the run of the composition that it is, without what a matrix adds. */
  readonly of: string;
  /** The parameters that a matrix gave it. */
  readonly combination: Readonly<Record<string, string>>;
  readonly groups: readonly GroupRequest[];
  readonly thresholds: readonly Threshold[];
}
