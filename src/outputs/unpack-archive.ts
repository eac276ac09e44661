import type { Stats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { extract, type ReadEntry } from 'tar';
import { messageOf, TgError } from '../util/errors.ts';
import { instanceFiles, isRunDir, runFiles } from './layout.ts';

/** The files that tg reads of a run; files of the plan itself stay packed. */
const wanted: ReadonlySet<string> = new Set([...Object.values(instanceFiles), ...Object.values(runFiles)]);

/**
 * Unpacks what tg reads of the runs in an archive, without links: archives are untrusted.
 * @param into an empty folder.
 * @returns the folders of its runs.
 * @throws TgError (collect) if it cannot be read, or has no run.
 */
export async function unpackArchive(file: string, into: string): Promise<readonly string[]> {
  const filter = (path: string, entry: ReadEntry | Stats) =>
    wanted.has(basename(path)) && 'type' in entry && (entry.type === 'File' || entry.type === 'OldFile');
  try {
    await extract({ file, cwd: into, filter, noMtime: false, preserveOwner: false, strict: true });
  } catch (cause) {
    throw new TgError('collect', `the archive cannot be read: ${messageOf(cause)}`, {
      where: file,
      hint: 'Name an archive that tg collect has written.',
      cause,
    });
  }
  const folders: string[] = [];
  for (const name of (await readdir(into)).sort()) {
    const dir = join(into, name);
    if (await isRunDir(dir)) folders.push(dir);
  }
  if (folders.length > 0) return folders;
  throw new TgError('collect', 'the archive has no run', {
    where: file,
    hint: 'Name an archive that tg collect has written.',
  });
}
