import { accessSync, constants, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownFiles } from '../../os/own-package.ts';
import { quoted } from '../../util/shell-quote.ts';

/**
 * The PATH on which a script finds this tg as `tg`: the caller's if `tg` is on it, else with a folder in front that
 * contains only `tg`.
 * @param folder the path of that folder, which is created if it is needed.
 * @param path the caller's PATH.
 */
export function pathWithTg(folder: string, path: string): string {
  if (leadsHere(path)) return path;
  mkdirSync(folder, { recursive: true });
  const script = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(ownFiles().tg)} "$@"\n`;
  writeFileSync(join(folder, 'tg'), script, { mode: 0o755, flag: 'wx' });
  return path === '' ? folder : `${folder}:${path}`;
}

/** Whether the first `tg` on a PATH is this one. */
function leadsHere(path: string): boolean {
  const first = path
    .split(':')
    .map((folder) => join(folder, 'tg'))
    .find(isProgram);
  // A relative folder does not count: instances have other working directories.
  return first?.startsWith('/') === true && realpathSync(first) === realpathSync(ownFiles().tg);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
