import { TgError } from '../../util/errors.ts';
import type { Params } from '../run-spec.ts';

/** How often a profile is written where nothing is said. */
const usualInterval = '5s';

/**
 * Reads profiles as the command line has them: `cpu`, or `heap=5s` for one that is written again and again.
 * @throws TgError (usage) for an empty name.
 */
export function readProfiles(given: readonly string[]): Params {
  return Object.fromEntries(
    given.map((text) => {
      const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
      if (name === '') throw new TgError('usage', `no profile is named by "${text}"`, { where: '--profile' });
      return [name, value ?? (name === 'cpu' ? 'true' : usualInterval)];
    }),
  );
}
