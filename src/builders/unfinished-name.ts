import { unfinishedEnding } from '../os/temp-folder.ts';

let made = 0;

/**
 * A temporary name beside a path in the home, unique to this call, for something that is still being made or is being removed. It holds
 * the token of the process's leases: other processes see by it whether this one still runs, and the watchdog removes what has it.
 * A file that is written at once uses `writeNewFile`.
 */
export function unfinishedName(path: string): string {
  return `${path}.${made++}.${unfinishedEnding}`;
}

/** What is removed while it is unfinished has its ending twice. Earlier versions of tg did not count. */
const pattern = /^(.+?)(?:(?:\.\d+)?\.([0-9a-f]{12})\.partial)+$/;

/** What such a name says: of what it is, and the token of the process that gave it. */
export function readUnfinishedName(
  name: string,
): { readonly whole: string; readonly token: string } | undefined {
  const [, whole, token] = pattern.exec(name) ?? [];
  return whole === undefined || token === undefined ? undefined : { whole, token };
}
