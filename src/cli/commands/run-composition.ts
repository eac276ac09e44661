import { type CompositionFile, openComposition } from '../../library/composition.ts';
import { compositionSpecs } from '../../library/specs.ts';
import { type Home, homeOf } from '../../os/home.ts';
import { checkWritable, writeArtifacts } from '../../plan/composition/write-artifacts.ts';
import { asTyped } from '../../util/command-name.ts';
import { TgError } from '../../util/errors.ts';
import type { ExitCode } from '../../util/exit-codes.ts';
import { executeAndReport } from '../execute.ts';
import { compositionSource } from '../flags/composition-source.ts';
import { type RunFlags, specOptionsOf } from '../flags/run-flags.ts';

/** The options of `run composition` as parsed by commander. */
export interface RunCompositionOptions extends RunFlags {
  readonly file: string;
  readonly builder?: string;
  readonly runner?: string;
  readonly writeArtifacts?: boolean;
  readonly ignoreArtifacts?: boolean;
  readonly runIds?: string;
}

/** `tg run composition`: carries out the runs of a composition, one after the other. */
export async function runComposition(options: RunCompositionOptions): Promise<ExitCode> {
  if (options.detach && options.writeArtifacts) {
    throw new TgError(
      'usage',
      '--write-artifacts needs the end of the build, and --detach does not wait for it',
      {
        hint: `Leave one of them out, or build first: ${asTyped('build composition -a')}.`,
      },
    );
  }
  const home = homeOf(process.env);
  const composition = await openFor(options, home);
  const ids = idsIn(options.runIds);
  const specs = compositionSpecs(composition, specOptionsOf(options, ids), home);
  const { code, artifacts } = await executeAndReport(specs, options, home);
  if (options.writeArtifacts && artifacts.size > 0) await writeArtifacts(options.file, artifacts);
  return code;
}

/** @throws TgError (usage) for an empty list, which must not select every run. */
function idsIn(text: string | undefined): string[] {
  if (text === undefined) return [];
  const ids = text.split(',').map((id) => id.trim());
  if (ids.every((id) => id !== '')) return ids;
  throw new TgError('usage', `a name is empty: ${JSON.stringify(text)}`, {
    where: '--run-ids',
    hint: 'Write --run-ids one,two.',
  });
}

/**
 * Opens the composition given by the flags.
 * @throws TgError (usage) with all problems of the composition, and if artifacts cannot be written into it.
 */
export async function openFor(
  {
    file,
    writeArtifacts: writes,
    ...flags
  }: Pick<
    RunCompositionOptions,
    'file' | 'writeArtifacts' | 'ignoreArtifacts' | 'builder' | 'runner' | 'strict' | 'seed'
  >,
  home: Home,
): Promise<CompositionFile> {
  const source = await compositionSource(file, writes);
  const composition = await openComposition(source, home, { ...flags, env: process.env });
  if (writes && !composition.isTemplate) await checkWritable(file);
  if (!writes || !composition.isTemplate) return composition;
  throw new TgError('usage', 'artifacts cannot be written into a composition with templates', {
    where: file,
    hint: 'Leave --write-artifacts out: artifacts are kept and reused.',
  });
}
