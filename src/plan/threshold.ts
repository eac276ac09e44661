import { TgError } from '../util/errors.ts';

/** The names of the statistics that are told of a metric. */
export const statNames = ['count', 'mean', 'min', 'p50', 'p95', 'p99', 'max'] as const;
export type StatName = (typeof statNames)[number];

/** A bound that what a run measures has to keep. */
export interface Threshold {
  /** A metric's name as `tg metrics` shows it; with tags, `name,tag=value`, only what has just these. */
  readonly metric: string;
  readonly stat: StatName;
  /** The bounds, at least one: the value has to be less than the one, more than the other. Null for none. */
  readonly below: number | null;
  readonly above: number | null;
  /** Only of this group; of all instances of the run together where it is null. */
  readonly group: string | null;
}

const written = new RegExp(`^(.+):(${statNames.join('|')})\\s*([<>])\\s*([-+0-9.eE]+)(?:@(.+))?$`);

/**
 * Reads a threshold as a flag has it: `latency:p95<250`, and for one group `latency:p95<250@clients`.
 * @param where as in messages.
 * @throws TgError (usage) for what is none.
 */
export function readThreshold(text: string, where: string): Threshold {
  const [, metric = '', stat, bound, digits, group = null] = written.exec(text.trim()) ?? [];
  const limit = Number(digits);
  if (stat === undefined || !Number.isFinite(limit)) {
    throw new TgError('usage', `"${text}" is no threshold`, {
      where,
      hint: `Write metric:stat<limit or metric:stat>limit, for instance 'latency:p95<250' (stat: ${statNames.join(', ')}); with @group at its end it is for that group.`,
    });
  }
  return {
    metric,
    stat: stat as StatName,
    below: bound === '<' ? limit : null,
    above: bound === '>' ? limit : null,
    group,
  };
}

/** @throws TgError (usage) for thresholds of groups that the run does not have. */
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

/** A threshold in words: `p95 of latency below 250, in clients`. */
export function thresholdWords({ metric, stat, below, above, group }: Threshold): string {
  const bounds = [above === null ? [] : [`above ${above}`], below === null ? [] : [`below ${below}`]].flat();
  return `${stat} of ${metric} ${bounds.join(' and ')}${group === null ? '' : `, in ${group}`}`;
}
