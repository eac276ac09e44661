import { existsSync, type Stats } from 'node:fs';
import { readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadEntry } from 'tar';
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
  const room = await roomIn(folder);
  let bytes = 0;
  const isWanted = (entry: Stats | ReadEntry) => {
    if (!('type' in entry) || !plain.has(entry.type)) return false;
    bytes += entry.size;
    return bytes <= room;
  };
  await extract({ file: archive, cwd: folder, strict: true, filter: (_, entry) => isWanted(entry) }).catch(
    (cause: unknown) => {
      throw unreadable(archive, `the archive cannot be read: ${messageOf(cause)}`, cause);
    },
  );
  if (bytes > room)
    throw new TgError(
      'environment',
      `unpacked, the archive has ${megabytes(bytes)}, which is too much here`,
      {
        where: archive,
        hint: `Set TMPDIR to a folder on a larger disk: at most half of what is free may be used, now ${megabytes(room)}.`,
      },
    );
  const [run, ...others] = (await readdir(folder)).map((name) => join(folder, name));
  if (run !== undefined && others.length === 0 && existsSync(join(run, runFiles.journal))) return run;
  throw unreadable(archive, 'this archive does not hold the outputs of a run');
}

/** The types of entries that are unpacked. */
const plain: ReadonlySet<string> = new Set(['File', 'OldFile', 'Directory']);

/** How many bytes may be unpacked into a folder: half of what is free, since an archive may come from anywhere. */
async function roomIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return (bavail * bsize) / 2;
}

function unreadable(archive: string, message: string, cause?: unknown): TgError {
  const hint = 'Name an archive that tg collect has written.';
  return new TgError('collect', message, { where: archive, hint, cause });
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`;
}
