import { parseThreshold, type StatName } from '../../plan/threshold.ts';
import { TgError } from '../../util/errors.ts';
import { type EffectStat, effectStats } from './estimates.ts';

/** A limit on a metric of the compared sides, beyond which they do not pass. */
export interface Gate {
  /** As it was written. */
  readonly text: string;
  readonly metric: string;
  readonly stat: EffectStat;
  /** On which side of the limit values fail. */
  readonly fails: 'above' | 'below';
  /** A share of the baseline's value for a relative limit, otherwise in the unit of the metric. */
  readonly limit: number;
  readonly isRelative: boolean;
  /** Only the instances of this group; null for all. */
  readonly group: string | null;
}

/**
 * Parses a gate: `latency:p95>+10%` for a change from the baseline, `latency:p95>250` for a value.
 * @throws TgError (usage) for a syntax error, and for a statistic without a confidence interval.
 */
export function readGate(text: string): Gate {
  const isRelative = /%\s*(?:@.*)?$/.test(text);
  const parsed = parseThreshold(isRelative ? text.replace(/%\s*(?=@|$)/, '') : text);
  if (parsed === undefined)
    throw new TgError('usage', `"${text}" is not a condition`, {
      where: '--fail-if',
      hint: `Write metric:stat>limit or metric:stat<limit, for instance 'latency:p95>+10%' for a change from the baseline, or 'latency:p95>250' for a value (stat: ${effectStats.join(', ')}); append @group for that group only.`,
    });
  const { stat, above, below, group } = parsed;
  const metric = inOrder(parsed.metric);
  if (!isEffectStat(stat))
    throw new TgError('usage', `"${text}": ${stat} has no confidence interval, so noise cannot be told`, {
      where: '--fail-if',
      hint: `Use ${effectStats.join(', ')}; tg run --threshold has ${stat} too.`,
    });
  const bound = above ?? below ?? 0;
  const limit = isRelative ? bound / 100 : bound;
  return { text, metric, stat, fails: above === null ? 'below' : 'above', limit, isRelative, group };
}

/** A metric name with its tags in alphabetical order, as they are when read. */
function inOrder(metric: string): string {
  const [name = '', ...tags] = metric.split(',');
  return [name, ...tags.sort()].join(',');
}

function isEffectStat(stat: StatName): stat is EffectStat {
  return effectStats.some((each) => each === stat);
}
