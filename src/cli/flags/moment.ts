import { TgError } from '../../util/errors.ts';
import { parseGoDuration } from '../../values/go-duration.ts';

/**
 * A moment as a person writes it: RFC 3339, or a duration since a run began.
 * @param began in ms since the epoch.
 * @returns ns since the epoch; undefined where nothing was said.
 * @throws TgError (usage) for what is neither.
 */
export function momentOf(text: string | undefined, began: number, flag: string): bigint | undefined {
  if (text === undefined) return undefined;
  const ms = parseGoDuration(text);
  const isTime = /^\d{4}-\d\d-\d\dT/.test(text);
  const at = ms === undefined ? (isTime ? Date.parse(text) : Number.NaN) : began + ms;
  if (Number.isNaN(at))
    throw new TgError('usage', `"${text}" is no moment`, {
      where: flag,
      hint: 'Write a duration since the run began, 90s for instance, or 2026-01-31T12:00:00Z.',
    });
  return BigInt(Math.round(at * 1_000)) * 1_000n;
}
