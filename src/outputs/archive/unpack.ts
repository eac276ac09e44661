import { once } from 'node:events';
import { existsSync, type Stats } from 'node:fs';
import { readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { ReadEntry } from 'tar';
import { removeAtExit } from '../../os/remove-at-exit.ts';
import { makeTempFolder } from '../../os/temp-folder.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import { formatSize } from '../../values/size.ts';
import { isRunId, runFiles } from '../layout.ts';
import { contentOf } from '../untrusted-file.ts';

/**
 * Unpacks the archive of a run into a temporary folder, which is removed when the process exits. Only folders and
 * regular files are unpacked: nothing in an archive may lead out of it.
 * @returns the folder of the run.
 * @throws TgError (collect) for an archive that cannot be read, or holds no run; (environment) for one that is too large
 *   to be unpacked here.
 */
export async function unpackRun(archive: string): Promise<string> {
  const folder = makeTempFolder('archive');
  // Kept until the process exits: the caller reads files when it needs them.
  removeAtExit(folder);
  await extractInto(archive, folder);
  const [run, ...others] = await readdir(folder);
  // Reports and archives are named after the folder.
  const isRun = run !== undefined && others.length === 0 && isRunId(run);
  if (isRun && existsSync(join(folder, run, runFiles.journal))) return join(folder, run);
  throw unreadable(archive, 'this archive does not hold the outputs of a run');
}

async function extractInto(archive: string, folder: string): Promise<void> {
  const { Unpack } = await import('tar');
  const room = await roomIn(folder);
  const filter = (_: string, entry: Stats | ReadEntry) => 'type' in entry && plain.has(entry.type);
  const unpack = new Unpack({ cwd: folder, strict: true, filter });
  const unpacked = new Promise<void>((resolve, reject) => {
    unpack.on('close', resolve);
    unpack.on('error', reject);
  });
  // An error may come before it is waited for.
  unpacked.catch(() => {});
  let isComplete = false;
  unpack.on('eof', () => {
    isComplete = true;
  });
  try {
    let bytes = 0;
    for await (const piece of contentOf(archive).pipe(createGunzip())) {
      bytes += (piece as Buffer).length;
      if (bytes > room) throw tooLarge(archive, room);
      if (!unpack.write(piece as Buffer)) await Promise.race([once(unpack, 'drain'), unpacked]);
      // What follows the end is not read: gigabytes of zeros fit a small archive.
      if (isComplete) break;
    }
    unpack.end();
    await unpacked;
  } catch (cause) {
    if (cause instanceof TgError) throw cause;
    throw unreadable(archive, `the archive cannot be read: ${messageOf(cause)}`, cause);
  }
}

/** The types of entries that are unpacked. */
const plain: ReadonlySet<string> = new Set(['File', 'OldFile', 'Directory']);

/** How many bytes may be unpacked into a folder: half of what is free, since an archive may come from anywhere. */
async function roomIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return (bavail * bsize) / 2;
}

function tooLarge(archive: string, room: number): TgError {
  return new TgError('environment', `unpacked, the archive has more than ${formatSize(room)}`, {
    where: archive,
    hint: 'At most half of what is free may be used. Set TMPDIR to a folder on a larger disk.',
  });
}

function unreadable(archive: string, message: string, cause?: unknown): TgError {
  const hint = 'Name an archive that tg collect has written.';
  return new TgError('collect', message, { where: archive, hint, cause });
}
