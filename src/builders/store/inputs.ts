import { readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Digest, digestFolder, digestOf, digestSources, timeless } from '../sources/sources.ts';

/** Something beside the plan's own files that a build has read, as the toolchain says. */
export interface Input {
  /**
   * A listing is the names in a folder. A result is a file that the toolchain makes anew where it cannot tell from what: it
   * says what the build was, but not beforehand what one would be.
   */
  readonly kind: 'file' | 'folder' | 'listing' | 'variable' | 'result';
  /** An absolute path, or the name of a variable of the environment. */
  readonly name: string;
}

/** An input and what it held. */
export interface KnownInput extends Input {
  readonly content: string;
}

/** What an input holds now. */
export async function digestInput({ kind, name }: Input, env: NodeJS.ProcessEnv): Promise<Digest> {
  if (kind === 'folder') return await digestFolder(name);
  if (kind === 'file' || kind === 'result') return await digestFile(name);
  const content = kind === 'listing' ? await digestNames(name) : digestVariable(env[name]);
  return timeless(content);
}

async function digestNames(folder: string): Promise<string> {
  return digestOf((await readdir(folder).catch(() => ['not there'])).sort());
}

/** Not the value itself: it may be a secret. */
function digestVariable(value: string | undefined): string {
  return value === undefined ? 'not set' : digestOf([value]);
}

/** A digest of a file, or of what a path names that may be a folder. */
async function digestFile(path: string): Promise<Digest> {
  const kind = await stat(path).catch(() => undefined);
  if (kind?.isDirectory()) return await digestFolder(path);
  if (!kind?.isFile()) return timeless('not there');
  const changedMs = kind.ctimeMs;
  const name = path.slice(dirname(path).length);
  const file = { path: name, kind: 'file', size: kind.size, mode: 0, changedMs } as const;
  return await digestSources(dirname(path), [file], [path]);
}

/** When a file was last changed, in ms since the epoch; for what is no file, now. */
export async function lastChange({ kind, name }: Input): Promise<number> {
  const stats = kind === 'file' ? await stat(name).catch(() => undefined) : undefined;
  return stats?.isFile() === true ? stats.ctimeMs : Date.now();
}

/** Whether all inputs are known to hold what they held. */
export async function areUnchanged(inputs: readonly KnownInput[], env: NodeJS.ProcessEnv): Promise<boolean> {
  for (const input of inputs) {
    if (input.kind === 'result' || (await digestInput(input, env)).content !== input.content) return false;
  }
  return true;
}
