import { readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Digest, digestFolder, digestOf, digestSources, timeless } from '../sources/sources.ts';

/** An input of a build other than the plan's own files, as reported by the toolchain. */
export interface Input {
  /**
   * A listing is the names in a folder. A result is a file that the toolchain always regenerates, because it does
   * not know its inputs: it identifies a finished build, but does not predict the next one.
   */
  readonly kind: 'file' | 'folder' | 'listing' | 'variable' | 'result';
  /** An absolute path, or the name of an environment variable. */
  readonly name: string;
}

/** An input with the digest of its value. */
export interface KnownInput extends Input {
  readonly content: string;
}

/** The digest of an input's current value. */
export async function digestInput({ kind, name }: Input, env: NodeJS.ProcessEnv): Promise<Digest> {
  if (kind === 'folder') return await digestFolder(name);
  if (kind === 'file' || kind === 'result') return await digestFile(name);
  const content = kind === 'listing' ? await digestNames(name) : digestVariable(env[name]);
  return timeless(content);
}

async function digestNames(folder: string): Promise<string> {
  return digestOf((await readdir(folder).catch(() => ['not there'])).sort());
}

/** Not the value itself, which may be a secret. */
function digestVariable(value: string | undefined): string {
  return value === undefined ? 'not set' : digestOf([value]);
}

/** A digest of a file or, if the path is one, a folder. */
async function digestFile(path: string): Promise<Digest> {
  const kind = await stat(path).catch(() => undefined);
  if (kind?.isDirectory()) return await digestFolder(path);
  if (!kind?.isFile()) return timeless('not there');
  const changedMs = kind.ctimeMs;
  const name = path.slice(dirname(path).length);
  const file = { path: name, kind: 'file', size: kind.size, mode: 0, changedMs } as const;
  return await digestSources(dirname(path), [file], [path]);
}

/** The last change of a file, in ms since the epoch; for other inputs, now. */
export async function lastChange({ kind, name }: Input): Promise<number> {
  const stats = kind === 'file' ? await stat(name).catch(() => undefined) : undefined;
  return stats?.isFile() === true ? stats.ctimeMs : Date.now();
}

/** Whether all inputs are known to be unchanged. */
export async function areUnchanged(inputs: readonly KnownInput[], env: NodeJS.ProcessEnv): Promise<boolean> {
  for (const input of inputs) {
    if (input.kind === 'result' || (await digestInput(input, env)).content !== input.content) return false;
  }
  return true;
}
