import type { SummaryRow } from '../metrics/summary.ts';
import type { Threshold } from '../plan/threshold.ts';
import type { MetricThreshold } from './data.ts';

/** The bounds of a metric's thresholds that can be drawn among its values: a count is one for counters only. */
export function thresholdsOf(
  { metric, type }: Pick<SummaryRow, 'metric' | 'type'>,
  all: readonly Threshold[],
): readonly MetricThreshold[] {
  return all
    .filter((threshold) => threshold.metric === metric || threshold.metric.startsWith(`${metric},`))
    .filter(({ stat }) => (stat === 'count') === (type === 'counter'))
    .flatMap(({ metric: full, stat, below, above, group }) => {
      const tags = full.slice(metric.length + 1);
      const of = [tags, group === null ? '' : `@${group}`].filter((text) => text !== '').join(' ');
      const label = (sign: string, value: number) => `${stat} ${sign} ${value}${of === '' ? '' : `, ${of}`}`;
      return [
        ...(below === null ? [] : [{ text: label('<', below), value: below }]),
        ...(above === null ? [] : [{ text: label('>', above), value: above }]),
      ];
    });
}
