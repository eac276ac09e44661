import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAtExit } from '../os/remove-at-exit.ts';
import { makeTempFolder } from '../os/temp-folder.ts';
import { messageOf, TgError } from '../util/errors.ts';
import { runFiles } from './layout.ts';

/**
 * Unpacks the archive of a run into a temporary folder, which is removed when the process exits. Only folders and
 * regular files are unpacked: nothing in an archive may lead out of it.
 * @returns the folder of the run.
 * @throws TgError (collect) for an archive that cannot be read, or holds no run.
 */
export async function unpackRun(archive: string): Promise<string> {
  const { extract } = await import('tar');
  const folder = await makeTempFolder('archive');
  // Kept until the process exits: the caller reads files when it needs them.
  removeAtExit(folder);
  const isPlain = (entry: object) =>
    'type' in entry && (entry.type === 'File' || entry.type === 'OldFile' || entry.type === 'Directory');
  await extract({ file: archive, cwd: folder, strict: true, filter: (_, entry) => isPlain(entry) }).catch(
    (cause: unknown) => {
      throw new TgError('collect', `the archive cannot be read: ${messageOf(cause)}`, {
        where: archive,
        hint: 'Name an archive that tg collect has written.',
        cause,
      });
    },
  );
  const [run, ...others] = (await readdir(folder)).map((name) => join(folder, name));
  if (run !== undefined && others.length === 0 && existsSync(join(run, runFiles.journal))) return run;
  throw new TgError('collect', 'this archive does not hold the outputs of a run', {
    where: archive,
    hint: 'Name an archive that tg collect has written.',
  });
}
