import { pythonSdkFolder } from '../../os/own-package.ts';
import type { Placement, RunSetup } from '../runner.ts';

/**
 * The variables passed from the caller to an instance by default: user, paths, language and time zone. All others
 * need `--env`. docs/cli.md shows this list; a test compares the two.
 */
export const passedOn = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
] as const;

/** The variables that a process of this machine takes from the caller. */
export function callerVariables(caller: NodeJS.ProcessEnv): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of passedOn) {
    const value = caller[name];
    if (value !== undefined) env[name] = value;
  }
  return { ...env, PYTHONUNBUFFERED: caller['PYTHONUNBUFFERED'] ?? '1' };
}

/**
 * The PYTHONPATH that makes our SDK available to a Python plan. It comes after the `--env` value, and Python puts
 * the program's own folder before both. It is searched before installed packages, so the module there looks for an
 * installed SDK first.
 */
export function pathWithPythonSdk(given: string | undefined): string {
  return given ? `${given}:${pythonSdkFolder}` : pythonSdkFolder;
}

/**
 * The variables that a runner of processes sets for an instance.
 * @param scriptPath the PATH of scripts, on which they find tg.
 * @param own the variables that follow from the runner's own configuration.
 */
export function environmentOf(
  builder: string,
  { callerEnv, extraEnv }: Pick<RunSetup, 'callerEnv' | 'extraEnv'>,
  scriptPath: string | undefined,
  own: Readonly<Record<string, string>>,
): Placement['env'] {
  const scripts = builder === 'exec:generic' && scriptPath !== undefined ? { PATH: scriptPath } : {};
  return {
    defaults: { ...callerVariables(callerEnv), ...own },
    overrides: { ...scripts, PYTHONPATH: pathWithPythonSdk(extraEnv['PYTHONPATH']) },
  };
}
