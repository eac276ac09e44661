import type { Dirent } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { codeOf, messageOf } from '../errors.ts';
import { instanceFiles, runFiles } from './layout.ts';

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
const capturedAs = new Map([...settledAs].map(([captured, settled]) => [settled, captured]));

/**
 * Looks through a run's outputs, folders before what is in them, in the order of the names' bytes. Links that lead out
 * of them, and what is neither file, folder nor link, are left out.
 */
export async function* listEntries(
  runDir: string,
  leaveOut: (what: LeftOut) => void,
  folder = '',
): AsyncGenerator<Entry> {
  const entries = await readdir(join(runDir, folder), { withFileTypes: true }).catch((error: unknown) => {
    // The run itself is not there.
    if (folder === '') throw error;
    leaveOut({ path: folder, why: `what is in it cannot be listed: ${messageOf(error)}` });
    return [];
  });
  const names = new Set(entries.map(({ name }) => name));
  for (const entry of entries.toSorted(byBytes)) {
    const place = join(folder, entry.name);
    if (place === runFiles.heartbeat) continue;
    if (entry.isDirectory()) {
      yield { kind: 'folder', path: place, found: [place], target: '' };
      yield* listEntries(runDir, leaveOut, place);
    } else if (entry.isFile()) {
      if (names.has(capturedAs.get(entry.name) ?? '')) continue;
      const settled = settledAs.get(entry.name);
      const path = settled === undefined ? place : join(folder, settled);
      // It has that name from the moment in which its instance has ended.
      yield { kind: 'file', path, found: settled === undefined ? [place] : [place, path], target: '' };
    } else if (entry.isSymbolicLink()) {
      const target = await readLink(join(runDir, place));
      if (target === undefined) continue;
      if (leadsOut(runDir, place, target))
        leaveOut({ path: place, why: `a link that leads out of the run: ${target}` });
      else yield { kind: 'link', path: place, found: [], target };
    } else {
      leaveOut({ path: place, why: kindOf(entry) });
    }
  }
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

function leadsOut(runDir: string, place: string, target: string): boolean {
  const inside = relative(runDir, resolve(runDir, dirname(place), target));
  return target.startsWith('/') || inside === '..' || inside.startsWith('../');
}

function kindOf(entry: Dirent): string {
  if (entry.isFIFO()) return 'a pipe';
  if (entry.isSocket()) return 'a socket';
  return 'a device';
}
