import { unfinishedEnding } from '../temp-folder.ts';

let made = 0;

/**
 * Another name for something in the home, for what is not complete yet, or is no more: nobody else's, also in this process. Its token is
 * that of the process's leases, by which others see whether it is still at it, and by which the watchdog removes it. A file that
 * is written at once has `writeNewFile`.
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
