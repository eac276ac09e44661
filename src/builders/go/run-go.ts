import { join, relative } from 'node:path';
import { TgError } from '../../util/errors.ts';
import type { BuildRequest } from '../builder.ts';
import { failureLog } from '../store/artifacts.ts';
import { runTool } from '../tool/tool.ts';
import { hintsFor } from './hints.ts';
import type { Go } from './sources.ts';
import type { Toolchain } from './toolchain.ts';

/** The places of a build, and the plan's files they correspond to. */
export interface GoPlaces {
  /** The folder with the plan's go.mod. */
  readonly dir: string;
  /** The folder of copies. */
  readonly scratch: string;
  /** The name of the go.mod. */
  readonly modfile: string;
}

/** Runs Go for a plan. Its output names the plan's files instead of copies, and no flags that only tg has set. */
export function goFor(
  request: BuildRequest,
  { program, env }: Toolchain,
  { dir, scratch, modfile }: GoPlaces,
): Go {
  // Go prints the requested toolchain, which may be tg's choice rather than the user's.
  const isOurs = env['GOTOOLCHAIN'] !== request.env['GOTOOLCHAIN'];
  const withoutOwnToolchain = (text: string) =>
    isOurs ? text.replace(/(\(running go [^;)]*); GOTOOLCHAIN=[^)]*\)/g, '$1)') : text;
  return async (args, cwd, more = {}) => {
    try {
      return await runTool({
        program,
        args,
        cwd,
        env: { ...env, GOWORK: 'off', ...more },
        signal: request.signal,
        stdout: 'data',
        builder: 'exec:go',
        failure: 'the plan does not build with exec:go',
        where: dir,
        log: failureLog(request),
        onLine: (line) => {
          const fetched = /^go: (downloading \S+(?: \S+)?)/.exec(line)?.[1];
          if (fetched !== undefined) request.progress(fetched);
        },
        advice: (said) => hintsFor(withoutOwnToolchain(said)),
      });
    } catch (error) {
      if (!(error instanceof TgError) || error.hint === undefined) throw error;
      const { kind, message, where, hint, cause } = error;
      const own = inPlan(withoutOwnToolchain(hint), [scratch, relative(cwd, scratch)], { dir, modfile });
      throw new TgError(kind, message, { where, hint: own, cause });
    }
  };
}

/** Replaces paths of copies by those of the plan's files. */
function inPlan(
  text: string,
  scratch: readonly string[],
  { dir, modfile }: { readonly dir: string; readonly modfile: string },
): string {
  const named = scratch
    .filter((folder) => folder !== '')
    .flatMap((folder) => [
      [join(folder, 'module'), dir] as const,
      [join(folder, 'go.mod'), join(dir, modfile)] as const,
      [join(folder, 'go.sum'), join(dir, modfile.replace(/\.mod$/, '.sum'))] as const,
      [join(folder, 'go.work'), 'go.work'] as const,
    ])
    .reduce((text, [copy, own]) => text.replaceAll(copy, own), text);
  return named.replace(/,? (?:disabled by |but )?-modfile(?:=\S+| was set)?/g, '');
}
