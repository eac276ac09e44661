import type { ComparedMetric } from '../../../metrics/comparison/compare-sides.ts';
import type { JudgedGate } from '../../../metrics/comparison/judge-gates.ts';
import type { ComparedRuns } from './sides.ts';

/** A comparison, before it is printed in one of its forms. */
export interface Comparison {
  readonly sides: readonly ComparedRuns[];
  /** The settings in which the sides differ, one per line. */
  readonly differing: readonly string[];
  readonly metrics: readonly ComparedMetric[];
  readonly gates: readonly JudgedGate[];
}
