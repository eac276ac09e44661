import type { Layer } from '../../plan/resolve/layered-config.ts';
import { TgError } from '../../util/errors.ts';

/**
 * Turns flags into layers of run configuration, one per flag so that errors name the flag.
 * @throws TgError (usage) for two flags that contradict each other.
 */
export function configFlags(
  flags: Readonly<Record<string, string | readonly string[] | undefined>>,
): Layer[] {
  const { sync, redis } = flags;
  if (sync !== undefined && sync !== 'redis' && redis !== undefined) {
    throw new TgError('usage', `--redis cannot be used with --sync ${sync}`, {
      hint: 'Leave one of them out.',
    });
  }
  return Object.entries(flags).flatMap(([key, value]) =>
    value === undefined ? [] : [{ where: `--${key.replaceAll('_', '-')}`, values: { [key]: value } }],
  );
}
