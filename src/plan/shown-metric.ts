import { TgError } from '../util/errors.ts';
import { type StatName, statNames } from './threshold.ts';

/** A statistic of a metric that is shown for each run. */
export interface ShownMetric {
  /** Its name as shown by `tg metrics`; without tags, it is the metric over all of its tags. */
  readonly metric: string;
  readonly stat: StatName;
}

/**
 * Parses `latency:p95`, or `latency` for its median.
 * @param where the source, for messages.
 * @throws TgError (usage) for an empty name, and an unknown statistic.
 */
export function readShownMetric(text: string, where: string): ShownMetric {
  const [, metric = '', stat = 'p50'] = /^([^:]+)(?::(\w+))?$/.exec(text.trim()) ?? [];
  const known = statNames.find((name) => name === stat);
  if (metric !== '' && known !== undefined) return { metric, stat: known };
  throw new TgError('usage', `not a metric and a statistic: ${JSON.stringify(text)}`, {
    where,
    hint: `Write metric:stat, for instance latency:p95 (stat: ${statNames.join(', ')}).`,
  });
}
