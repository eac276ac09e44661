import { dirname, resolve } from 'node:path';
import type { ExitCode } from '../exit-codes.ts';
import { type Home, homeOf } from '../home.ts';
import { groupRequests, readComposition } from '../plan/composition/composition.ts';
import { writeArtifacts } from '../plan/composition/write-artifacts.ts';
import { resolveRun } from '../plan/resolve/resolve.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { carryOut } from './carry-out.ts';
import { contextOf, linkedSdk, metadataOf, type RunFlags, refuseFlags, runConfigOf } from './run-flags.ts';

/** The options of `run composition` as commander gives them. */
export interface RunCompositionOptions extends RunFlags {
  readonly file: string;
  readonly writeArtifacts?: boolean;
  readonly ignoreArtifacts?: boolean;
  readonly runIds?: string;
  readonly resultFile?: string;
}

/** `tg run composition`: runs the groups of a composition together to their end. */
export async function runComposition(options: RunCompositionOptions): Promise<ExitCode> {
  refuseFlags({
    '--detach': options.detach,
    '--run-ids': options.runIds,
    '--result-file': options.resultFile,
  });
  const home = homeOf(process.env);
  const spec = await compositionSpec(options, home);
  const { code, artifacts } = await carryOut(spec, options, home);
  if (options.writeArtifacts && artifacts.size > 0) await writeArtifacts(resolve(options.file), artifacts);
  return code;
}

/**
 * The run that a composition means.
 * @throws TgError (usage) for anything in it that does not fit.
 */
export async function compositionSpec(
  options: RunFlags & Pick<RunCompositionOptions, 'file' | 'ignoreArtifacts'>,
  home: Home,
): Promise<RunSpec> {
  const file = resolve(options.file);
  const composition = await readComposition(file);
  const { global } = composition;
  const groups = groupRequests(composition, options.file);
  const notes = composition.groups.some(({ resources }) => resources !== undefined)
    ? ['resources of groups do not apply: local:exec limits neither memory nor CPU']
    : [];
  const spec = resolveRun(
    {
      testCase: global.case,
      runner: global.runner,
      runConfig: [
        { where: `${options.file}: global.run_config`, values: global.run_config },
        ...runConfigOf(options),
      ],
      groups: options.ignoreArtifacts ? groups.map((group) => ({ ...group, artifact: undefined })) : groups,
      disableMetrics: options.disableMetrics === true || global.disable_metrics,
      coverage: options.coverage === true,
      linkSdk: linkedSdk(options.linkSdk, home),
      metadata: metadataOf(options),
    },
    await contextOf(global.plan, home, dirname(file)),
  );
  return { ...spec, notes: [...spec.notes, ...notes] };
}
