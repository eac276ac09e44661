import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expecting } from '../util/errors.ts';

/** Part of the names of all temporary folders of this process: other processes may use the same parent folder. */
export const ownToken = randomBytes(6).toString('hex');

/** The suffix of incomplete files and folders of this process that are renamed once complete. */
export const unfinishedEnding = `${ownToken}.partial`;

/** The absolute path of the parent of temporary folders, even if TMPDIR is relative. */
export function tempParent(): string {
  return resolve(tmpdir());
}

/** The path prefix of all temporary folders of this process. */
export function ownTempFolders(parent: string): string {
  return join(parent, `tg-${ownToken}-`);
}

/**
 * Creates a temporary folder, synchronously: the caller must remove it, even if a signal ends tg at any moment.
 * @param what its purpose, as part of its name.
 * @throws TgError (environment) when it cannot be created.
 */
export function makeTempFolder(what: string): string {
  const parent = tempParent();
  try {
    return mkdtempSync(`${ownTempFolders(parent)}${what}-`);
  } catch (error) {
    const hint = 'Set TMPDIR to a folder that you can write to.';
    return expecting('environment', parent, 'cannot create a temporary folder', hint)(error);
  }
}

/** Whether a folder name is that of a temporary folder for a purpose, of any process. */
export function isTempFolderFor(what: string, name: string): boolean {
  return name.startsWith('tg-') && name.includes(`-${what}-`);
}
