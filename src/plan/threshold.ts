import { TgError } from '../util/errors.ts';

/** The statistics of a metric. */
export const statNames = ['count', 'mean', 'min', 'p50', 'p95', 'p99', 'max'] as const;
export type StatName = (typeof statNames)[number];

/** A bound on a metric of a run. */
export interface Threshold {
  /** A metric's name as shown by `tg metrics`; `name,tag=value` matches only exactly these tags. */
  readonly metric: string;
  readonly stat: StatName;
  /** The exclusive upper and lower bounds, at least one of them; null for none. */
  readonly below: number | null;
  readonly above: number | null;
  /** The group it applies to; null for all instances together. */
  readonly group: string | null;
}

const written = new RegExp(`^(.+):(${statNames.join('|')})\\s*([<>])\\s*([-+0-9.eE]+)(?:@(.+))?$`);

/**
 * Parses a threshold: `latency:p95<250`, or `latency:p95<250@clients` for one group.
 * @param where the source, for messages.
 * @throws TgError (usage) for a syntax error.
 */
export function readThreshold(text: string, where: string): Threshold {
  const threshold = parseThreshold(text);
  if (threshold === undefined) {
    throw new TgError('usage', `"${text}" is not a threshold`, {
      where,
      hint: `Write metric:stat<limit or metric:stat>limit, for instance 'latency:p95<250' (stat: ${statNames.join(', ')}); append @group to check that group only.`,
    });
  }
  return threshold;
}

/** The same; undefined for a syntax error. */
export function parseThreshold(text: string): Threshold | undefined {
  const [, metric = '', stat, bound, digits, group = null] = written.exec(text.trim()) ?? [];
  const limit = Number(digits);
  if (stat === undefined || !Number.isFinite(limit)) return undefined;
  return {
    metric,
    stat: stat as StatName,
    below: bound === '<' ? limit : null,
    above: bound === '>' ? limit : null,
    group,
  };
}

/** @throws TgError (usage) for thresholds of unknown groups. */
export function checkThresholds(thresholds: readonly Threshold[], groups: readonly string[]): void {
  const known = new Set(groups);
  for (const { group, metric } of thresholds) {
    if (group === null || known.has(group)) continue;
    throw new TgError(
      'usage',
      `the threshold on "${metric}" is for the group "${group}", which the run does not have`,
      {
        hint: `Its groups: ${groups.join(', ')}.`,
      },
    );
  }
}

/** Describes a threshold: `p95 of latency below 250, in clients`. */
export function thresholdText({ metric, stat, below, above, group }: Threshold): string {
  const bounds = [above === null ? [] : [`above ${above}`], below === null ? [] : [`below ${below}`]].flat();
  return `${stat} of ${metric} ${bounds.join(' and ')}${group === null ? '' : `, in ${group}`}`;
}
