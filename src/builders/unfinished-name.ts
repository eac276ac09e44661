import { unfinishedEnding } from '../os/temp-folder.ts';

let made = 0;

/**
 * A temporary name next to a path in the home, unique to this call, for a file or folder that is being made or
 * removed. It contains the token of the process's leases: other processes can tell whether this one still runs, and
 * the watchdog removes files with the token. Files written at once use `writeNewFile`.
 */
export function unfinishedName(path: string): string {
  return `${path}.${made++}.${unfinishedEnding}`;
}

/** A name has the ending twice if the file is removed while unfinished. Earlier versions of tg had no counter. */
const pattern = /^(.+?)(?:(?:\.\d+)?\.([0-9a-f]{12})\.partial)+$/;

/** Parses such a name: the final name, and the token of the process. */
export function readUnfinishedName(
  name: string,
): { readonly whole: string; readonly token: string } | undefined {
  const [, whole, token] = pattern.exec(name) ?? [];
  return whole === undefined || token === undefined ? undefined : { whole, token };
}
