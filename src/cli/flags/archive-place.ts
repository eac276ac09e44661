import type { Writable } from 'node:stream';
import { archiveName } from '../../outputs/archive/collect.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';
import { destinationOf } from './destination.ts';
import { checkOutputFile } from './output-file.ts';
import type { RunFlags } from './run-flags.ts';

/** Where archives of runs are written. */
export interface ArchivePlace {
  of(spec: RunSpec): string | Writable;
}

/**
 * Where `--collect` and `-o X` write archives: `<run id>.tgz`, or X; for several runs, `multiple-<name>-<run
 * id>.tgz` or `X-<name>-<run id>.tgz`.
 * @returns undefined if no archive was requested.
 * @throws TgError (usage) for several archives on stdout.
 */
export function archivePlaceOf(
  { collect, collectFile }: Pick<RunFlags, 'collect' | 'collectFile'>,
  several: boolean,
): ArchivePlace | undefined {
  if (!collect && collectFile === undefined) return undefined;
  const to = destinationOf(collectFile);
  if (typeof to !== 'object') return { of: (spec) => fileOf(spec, to, several) };
  if (!several) return { of: () => to };
  throw new TgError('usage', 'several runs make several archives, and stdout takes one', {
    where: '-o -',
    hint: 'Name a file: -o outputs gives outputs-<run>-<run id>.tgz for each.',
  });
}

/** Checks before the runs that an archive can be written. @throws TgError (environment). */
export async function checkArchive(to: string | Writable): Promise<void> {
  if (typeof to === 'string') await checkOutputFile(to, 'the archive');
}

function fileOf({ name, runId }: RunSpec, asked: string | undefined, several: boolean): string {
  if (!several) return asked ?? archiveName(runId);
  return archiveName(`${(asked ?? 'multiple').replace(/\.tgz$/, '')}-${name}-${runId}`);
}
