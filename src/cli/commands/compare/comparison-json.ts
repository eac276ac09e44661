import type { ComparedMetric, Difference, Effect } from '../../../metrics/comparison/compare-sides.ts';
import type { ComparedMetricJson, CompareJson } from '../../output/json/compare-json.ts';
import type { Comparison } from './comparison.ts';
import { method } from './method.ts';
import { saturatedRuns } from './saturated.ts';

/** A comparison as what `--json` prints. */
export function comparisonAsJson({ sides, differing, points, leftOut }: Comparison): CompareJson {
  const nameOf = (place: number) => sides[place]?.name ?? '';
  return {
    version: 1,
    method,
    baseline: nameOf(sides.findIndex(({ isBaseline }) => isBaseline)),
    sides: sides.map((side) => ({
      name: side.name,
      title: side.title,
      runs: side.records.map(({ runId }) => runId),
      saturated_runs: saturatedRuns(side),
    })),
    differ: differing,
    metrics: points.flatMap(({ values, metrics }) =>
      metrics.map((metric) => ({ point: values, ...metricAsJson(metric) })),
    ),
    gates: points.flatMap(({ values, gates }) =>
      gates.map(({ gate, side, outcome, measured, interval, of, reason }) => ({
        gate: gate.text,
        side: nameOf(side),
        point: values,
        ...{ outcome, measured, interval, of, reason },
      })),
    ),
    left_out: leftOut,
  };
}

/** A metric on all sides, as what `--json` prints. */
export function metricAsJson({ metric, sides }: ComparedMetric): ComparedMetricJson {
  return { metric, sides: sides.map(sideAsJson) };
}

function sideAsJson(side: Difference | null): ComparedMetricJson['sides'][number] {
  if (side === null) return null;
  const { value, change, p, of, count, samples, quantilesAre, effects } = side;
  return {
    value,
    interval: effects.mean?.interval ?? null,
    change,
    change_interval: effects.mean?.changeInterval ?? null,
    ...{ p, of, count, samples },
    quantiles: quantilesAre,
    p50: effectAsJson(effects.p50),
    p95: effectAsJson(effects.p95),
    p99: effectAsJson(effects.p99),
  };
}

function effectAsJson(effect: Effect | null) {
  if (effect === null) return null;
  const { value, interval, change, changeInterval } = effect;
  return { value, interval, change, change_interval: changeInterval };
}
