import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { TgError } from '../../util/errors.ts';
import type { Dependency } from '../run-spec.ts';

/**
 * Parses a replacement of a dependency: `module=target@version`, `module=@version` for another version of the same
 * module, `module=./folder` for a folder.
 * @param where the flag or key path, for messages.
 * @param cwd the folder that a folder is relative to.
 * @throws TgError (usage) for anything else.
 */
export function readDependency(text: string, where: string, cwd: string): Dependency {
  const [, module = '', replacement] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (replacement === undefined) throw unreadable(text, where);
  if (isFolder(replacement)) return { module, target: folderAt(replacement, where, cwd), version: undefined };
  const [target = '', version = '', ...more] = replacement.split('@');
  if (version === '' || more.length > 0) throw unreadable(text, where);
  return { module, target: target === '' ? undefined : target, version };
}

/** Converts a dependency from a composition. */
export function dependencyOf(
  { module, target, version }: { module: string; target?: string | undefined; version?: string | undefined },
  where: string,
  cwd: string,
): Dependency {
  return readDependency(`${module}=${target ?? ''}${version ? `@${version}` : ''}`, where, cwd);
}

function isFolder(text: string): boolean {
  return isAbsolute(text) || /^\.{1,2}(\/|$)/.test(text);
}

function folderAt(path: string, where: string, cwd: string): string {
  const folder = resolve(cwd, path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new TgError('usage', `there is no folder ${folder}`, {
    where,
    hint: 'A target that begins with / or . is a folder with the sources of the dependency.',
  });
}

function unreadable(text: string, where: string): TgError {
  return new TgError('usage', `cannot be read as a dependency: "${text}"`, {
    where,
    hint: 'Write module=target@version, module=@version for another version of it, or module=./folder.',
  });
}
