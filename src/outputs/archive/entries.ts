import type { Dirent } from 'node:fs';
import { readdir, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isPartial } from '../../os/atomic-write.ts';
import { codeOf, messageOf } from '../../util/errors.ts';
import { instanceFiles, runFiles } from '../layout.ts';
import { Links } from '../links.ts';
import { kindOf } from '../untrusted-file.ts';

/** An entry of a run's outputs that goes into the archive. */
export interface Entry {
  readonly kind: 'folder' | 'file' | 'link';
  /** Its path in the archive, relative to the run's folder. */
  readonly path: string;
  /** Candidate paths of a file, relative to the run's folder; the first that exists is used. */
  readonly found: readonly string[];
  /** The target of a link. */
  readonly target: string;
}

/** An entry that is not packed, or only in part, and why. */
export interface LeftOut {
  readonly path: string;
  readonly why: string;
}

/** While a run is active, captured output replaces what its SDK has written so far. */
const finalNames = new Map<string, string>([
  [instanceFiles.capturedOut, instanceFiles.out],
  [instanceFiles.capturedErr, instanceFiles.err],
]);

/** The largest number of links per run; the others are left out. All links must be known before the first is packed. */
const maxLinks = 100_000;

/**
 * Walks a run's outputs, folders before their contents, in byte order of the names, and all links last, so that
 * unpacking never writes through a link. Each path comes once. Leaves out links that lead out of the run, directly or
 * through other links, and anything that is not a file, folder or link.
 */
export async function* listEntries(runDir: string, leaveOut: (what: LeftOut) => void): AsyncGenerator<Entry> {
  const links = new Links();
  yield* listFolder(await realpath(runDir), '', links, leaveOut);
  for (const [path, target] of links) {
    const why = links.problemOf(path);
    if (why === undefined) yield { kind: 'link', path, found: [], target };
    else leaveOut({ path, why });
  }
}

async function* listFolder(
  runDir: string,
  folder: string,
  links: Links,
  leaveOut: (what: LeftOut) => void,
): AsyncGenerator<Entry> {
  const entries = await namesIn(runDir, folder).catch((error: unknown) => {
    // The run itself does not exist.
    if (folder === '') throw error;
    leaveOut({ path: folder, why: `its content cannot be listed: ${messageOf(error)}` });
    return [];
  });
  const captured = new Set(
    entries.flatMap((entry) => (entry.isFile() ? (finalNames.get(entry.name) ?? []) : [])),
  );
  for (const entry of entries.toSorted(byBytes)) {
    const place = join(folder, entry.name);
    if (place === runFiles.heartbeat || isUnfinished(entry, folder)) continue;
    if (captured.has(entry.name)) {
      // The captured output contains what an SDK writes itself.
      if (!entry.isFile()) leaveOut({ path: place, why: `${kindOf(entry)} in place of a captured file` });
    } else if (entry.isDirectory()) {
      yield { kind: 'folder', path: place, found: [place], target: '' };
      yield* listFolder(runDir, place, links, leaveOut);
    } else if (entry.isFile()) {
      const finalName = finalNames.get(entry.name);
      const path = finalName === undefined ? place : join(folder, finalName);
      // The file is renamed to this once its instance has ended.
      yield { kind: 'file', path, found: finalName === undefined ? [place] : [place, path], target: '' };
    } else if (entry.isSymbolicLink()) {
      const target = await readLink(join(runDir, place));
      if (target === undefined) continue;
      if (links.size < maxLinks) links.add(place, target);
      else leaveOut({ path: place, why: `a link beyond the first ${maxLinks}` });
    } else {
      leaveOut({ path: place, why: kindOf(entry) });
    }
  }
}

/** Whether it is a temporary file of tg at the root of a run, in progress or left behind by a killed tg. */
function isUnfinished(entry: Dirent, folder: string): boolean {
  return folder === '' && entry.isFile() && isPartial(entry.name);
}

/** @param runDir its real path. @throws Error for a folder that was replaced by a link since it was listed. */
async function namesIn(runDir: string, folder: string): Promise<Dirent[]> {
  const path = join(runDir, folder);
  const entries = await readdir(path, { withFileTypes: true });
  if ((await realpath(path)) !== path) throw new Error('it was replaced by a link');
  return entries;
}

function byBytes({ name: a }: Dirent, { name: b }: Dirent): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** @returns undefined if the link no longer exists. */
async function readLink(path: string): Promise<string | undefined> {
  return await readlink(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}
