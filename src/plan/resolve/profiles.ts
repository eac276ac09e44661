import { TgError } from '../../util/errors.ts';
import type { Params } from '../run-spec.ts';

/** The default interval between profiles. */
const usualInterval = '5s';

/**
 * Parses profiles: `cpu`, or `heap=5s` for a profile that is written at an interval.
 * @throws TgError (usage) for an empty name.
 */
export function readProfiles(given: readonly string[]): Params {
  return Object.fromEntries(
    given.map((text) => {
      const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
      if (name === '')
        throw new TgError('usage', `"${text}" names no profile`, {
          where: '--profile',
          hint: 'For instance --profile cpu, or --profile heap=5s.',
        });
      return [name, value ?? (name === 'cpu' ? 'true' : usualInterval)];
    }),
  );
}
