import { TgError } from '../../util/errors.ts';
import { parseGoDuration } from '../../values/go-duration.ts';

/**
 * Parses a point in time: RFC 3339, or a duration since the run began.
 * @param began in ms since the epoch.
 * @returns ns since the epoch; undefined if the flag is not given.
 * @throws TgError (usage) for any other text.
 */
export function momentOf(text: string | undefined, began: number, flag: string): bigint | undefined {
  if (text === undefined) return undefined;
  const ms = parseGoDuration(text);
  const isTime = /^\d{4}-\d\d-\d\dT/.test(text);
  const at = ms === undefined ? (isTime ? Date.parse(text) : Number.NaN) : began + ms;
  if (Number.isNaN(at))
    throw new TgError('usage', `not a time: ${JSON.stringify(text)}`, {
      where: flag,
      hint: 'Write a duration since the start of the run, for instance 90s, or 2026-01-31T12:00:00Z.',
    });
  return BigInt(Math.round(at * 1_000)) * 1_000n;
}
