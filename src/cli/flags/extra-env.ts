import { checkVariable } from '../../run/instance/environment.ts';
import { TgError } from '../../util/errors.ts';

/**
 * Parses `--env NAME` (the caller's value) and `--env NAME=value`, which apply to every instance.
 * @throws TgError (usage) for a name that is invalid, reserved for the run, or not set in the caller's environment.
 */
export function readExtraEnv(given: readonly string[], caller: NodeJS.ProcessEnv): Record<string, string> {
  const extra: Record<string, string> = {};
  for (const text of given) {
    const at = text.indexOf('=');
    const name = at === -1 ? text : text.slice(0, at);
    const value = at === -1 ? caller[name] : text.slice(at + 1);
    checkVariable(name, '--env');
    if (value === undefined) {
      throw new TgError('usage', `${name} is not set here, so it cannot be passed on`, {
        where: '--env',
        hint: `Set it, or give the value: --env ${name}=value.`,
      });
    }
    extra[name] = value;
  }
  return extra;
}
