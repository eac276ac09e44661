import type { ComparedMetric } from '../../../metrics/comparison/compare-sides.ts';
import type { JudgedGate } from '../../../metrics/comparison/judge-gates.ts';
import type { Side } from '../../../metrics/comparison/measured.ts';
import type { ComparedRuns } from './sides.ts';

/** A comparison, before it is printed in one of its forms. */
export interface Comparison {
  readonly sides: readonly ComparedRuns[];
  /** The settings in which the sides differ, one per line. */
  readonly differing: readonly string[];
  /** At least one. */
  readonly points: readonly ComparedPoint[];
  /** What is not compared, one per line. */
  readonly leftOut: readonly string[];
}

/** The sides at a point of their matrix. */
export interface ComparedPoint {
  /** The values of the axes; empty if the sides are compared as they are. */
  readonly values: Readonly<Record<string, string>>;
  readonly measured: readonly Side[];
  readonly metrics: readonly ComparedMetric[];
  readonly gates: readonly JudgedGate[];
}

/** The judged gates of all points. */
export function gatesOf({
  points,
}: {
  readonly points: readonly Pick<ComparedPoint, 'gates'>[];
}): readonly JudgedGate[] {
  return points.flatMap(({ gates }) => gates);
}
