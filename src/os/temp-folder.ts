import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expecting } from '../util/errors.ts';

/** What the names of all temporary folders of this process have in them: others may use the same folder. */
export const ownToken = randomBytes(6).toString('hex');

/** How the names of what this process makes, and will rename once it is complete, end. */
export const unfinishedEnding = `${ownToken}.partial`;

/** Where temporary folders are made: an absolute path, also where TMPDIR is a relative one. */
export function tempParent(): string {
  return resolve(tmpdir());
}

/** What the paths of all temporary folders of this process begin with. */
export function ownTempFolders(parent: string): string {
  return join(parent, `tg-${ownToken}-`);
}

/**
 * Makes a temporary folder; whoever asks for it removes it.
 * @param what it is for, as part of its name.
 * @throws TgError (environment) when it cannot be made.
 */
export async function makeTempFolder(what: string): Promise<string> {
  return await mkdtemp(`${ownTempFolders(tempParent())}${what}-`).catch(
    expecting(
      'environment',
      tempParent(),
      'no temporary folder can be made',
      'Set TMPDIR to a folder that you may write.',
    ),
  );
}

/** Whether a folder of that name was made for something, by whatever process. */
export function isTempFolderFor(what: string, name: string): boolean {
  return name.startsWith('tg-') && name.includes(`-${what}-`);
}
