import { readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Digest, digestFolder, digestOf, digestSources, timeless } from './sources.ts';

/** Something beside the plan's own files that a build has read, as the toolchain says. */
export interface Input {
  /** A listing is the names in a folder. */
  readonly kind: 'file' | 'folder' | 'listing' | 'variable';
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
  if (kind === 'file') return await digestFile(name);
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

/** Whether all inputs hold what they held. */
export async function areUnchanged(inputs: readonly KnownInput[], env: NodeJS.ProcessEnv): Promise<boolean> {
  for (const input of inputs) {
    if ((await digestInput(input, env)).content !== input.content) return false;
  }
  return true;
}
