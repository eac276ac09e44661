import type { Dirent } from 'node:fs';
import { readdir, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isPartial } from '../os/atomic-write.ts';
import { codeOf, messageOf } from '../util/errors.ts';
import { instanceFiles, runFiles } from './layout.ts';
import { Links } from './links.ts';
import { kindOf } from './untrusted-file.ts';

/** A part of a run's outputs that goes into its archive. */
export interface Entry {
  readonly kind: 'folder' | 'file' | 'link';
  /** Below the run's folder, as the archive has it. */
  readonly path: string;
  /** Where a file is to be found, below the run's folder: under the first of these names that is there. */
  readonly found: readonly string[];
  /** What a link holds. */
  readonly target: string;
}

/** What is not packed, or not all of it, and why, in words. */
export interface LeftOut {
  readonly path: string;
  readonly why: string;
}

/** What is captured of a run that goes on stands for what its SDK has written itself until now. */
const settledAs = new Map<string, string>([
  [instanceFiles.capturedOut, instanceFiles.out],
  [instanceFiles.capturedErr, instanceFiles.err],
]);

/** More links than so many of one run are left out: all have to be known before the first is packed. */
const mostLinks = 100_000;

/**
 * Looks through a run's outputs, folders before what is in them, in the order of the names' bytes; then all links, so that
 * whoever unpacks them writes through none. Each path comes once. Links that lead out, through others too, and what is neither file,
 * folder nor link, are left out.
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
    // The run itself is not there.
    if (folder === '') throw error;
    leaveOut({ path: folder, why: `what is in it cannot be listed: ${messageOf(error)}` });
    return [];
  });
  const captured = new Set(
    entries.flatMap((entry) => (entry.isFile() ? (settledAs.get(entry.name) ?? []) : [])),
  );
  for (const entry of entries.toSorted(byBytes)) {
    const place = join(folder, entry.name);
    if (place === runFiles.heartbeat || isUnfinished(entry, folder)) continue;
    if (captured.has(entry.name)) {
      // What an SDK writes itself is captured, too.
      if (!entry.isFile())
        leaveOut({ path: place, why: `${kindOf(entry)} in the place of what is captured` });
    } else if (entry.isDirectory()) {
      yield { kind: 'folder', path: place, found: [place], target: '' };
      yield* listFolder(runDir, place, links, leaveOut);
    } else if (entry.isFile()) {
      const settled = settledAs.get(entry.name);
      const path = settled === undefined ? place : join(folder, settled);
      // It has that name from the moment in which its instance has ended.
      yield { kind: 'file', path, found: settled === undefined ? [place] : [place, path], target: '' };
    } else if (entry.isSymbolicLink()) {
      const target = await readLink(join(runDir, place));
      if (target === undefined) continue;
      if (links.size < mostLinks) links.add(place, target);
      else leaveOut({ path: place, why: `a link beyond the first ${mostLinks}` });
    } else {
      leaveOut({ path: place, why: kindOf(entry) });
    }
  }
}

/** Whether tg writes it, at the root of a run, or was killed while it did. */
function isUnfinished(entry: Dirent, folder: string): boolean {
  return folder === '' && entry.isFile() && isPartial(entry.name);
}

/** @param runDir its real path. @throws Error for a folder that was replaced by a link since it was seen. */
async function namesIn(runDir: string, folder: string): Promise<Dirent[]> {
  const path = join(runDir, folder);
  const entries = await readdir(path, { withFileTypes: true });
  if ((await realpath(path)) !== path) throw new Error('it is behind a link');
  return entries;
}

function byBytes({ name: a }: Dirent, { name: b }: Dirent): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** @returns undefined for one that has gone meanwhile. */
async function readLink(path: string): Promise<string | undefined> {
  return await readlink(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}
