import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { throwIfGivenUp } from './give-up.ts';

/** A file of a plan, by its path below the plan's folder. */
export interface SourceFile {
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
  /** When it was last changed, in ms since the epoch: its ctime, which nobody can set back. */
  readonly changedMs: number;
}

/** What belongs to the tools around a plan rather than to the plan. */
const leftOut = new Set(['node_modules', '.git', '.hg', '.svn', '.DS_Store']);
/** A folder with this file holds what can be made again: what Cargo compiled, for instance (bford.info/cachedir). */
const cacheMark = 'CACHEDIR.TAG';
/** An archive that tg made when it was called in the plan's folder. */
const archive = /^[0-9a-v]{20}\.tgz$/;

interface Listing {
  /** A folder that is none of the plan's even if it is inside: the home. */
  readonly except?: string;
  /** What was built is listed too, caches for instance: all but the packages of Node. */
  readonly everything?: boolean;
  readonly signal?: AbortSignal;
}

/** All files of a plan, sorted by path; links are followed, except round in circles. */
export async function listSources(
  planDir: string,
  { except, everything = false, signal }: Listing = {},
): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  const beyond = except === undefined ? [] : [await realpath(except).catch(() => except)];
  await walk(planDir, '', { closed: [await realpath(planDir), ...beyond], everything, signal }, files);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Walk {
  /** Folders that are not entered: those on the way here, and those beyond the plan. */
  readonly closed: readonly string[];
  readonly everything: boolean;
  readonly signal: AbortSignal | undefined;
}

async function walk(root: string, below: string, walking: Walk, files: SourceFile[]): Promise<void> {
  const { closed, everything, signal } = walking;
  throwIfGivenUp(signal);
  const names = await readdir(join(root, below));
  if (names.includes(cacheMark) && !everything) return;
  for (const name of names) {
    if (everything ? name === 'node_modules' : leftOut.has(name) || archive.test(name)) continue;
    const path = join(below, name);
    const kind = await stat(join(root, path)).catch(() => undefined);
    if (kind?.isFile()) {
      const executable = (kind.mode & 0o111) !== 0;
      files.push({ path, size: kind.size, executable, changedMs: kind.ctimeMs });
    }
    if (!kind?.isDirectory()) continue;
    const real = await realpath(join(root, path));
    if (!closed.includes(real)) await walk(root, path, { ...walking, closed: [...closed, real] }, files);
  }
}

/** The state of files: equal before and after where nothing was written in between. */
export interface Digest {
  /** Of names, modes and contents. */
  readonly content: string;
  /** Of the times of their changes too: not equal where something was written and taken back. */
  readonly moment: string;
}

/** A digest of the files' names, modes and contents, and of whatever else decides about a build. */
export async function digestSources(
  planDir: string,
  files: readonly SourceFile[],
  rest: readonly string[],
  signal?: AbortSignal,
): Promise<Digest> {
  const hash = createHash('sha256');
  for (const word of rest) hash.update(`${word.length}:${word}`);
  for (const { path, size, executable } of files) {
    throwIfGivenUp(signal);
    hash.update(`${path}\0${executable}\0${size}\0`);
    for await (const chunk of createReadStream(join(planDir, path))) hash.update(chunk as Buffer);
  }
  const content = hash.digest('hex').slice(0, 12);
  return {
    content,
    moment: digestOf([content, ...files.map(({ path, changedMs }) => `${path} ${changedMs}`)]),
  };
}

/** A digest of a folder that is built in: its files, and where it lies. */
export async function digestFolder(folder: string): Promise<Digest> {
  if (!existsSync(folder)) return timeless(`${folder} is not there`);
  return await digestSources(folder, await listSources(folder), [folder]);
}

/** The paths of all files of some folders, also as they are without links on the way to the folder. */
export async function pathsIn(folders: readonly string[], except: string): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  for (const folder of folders.filter((each) => existsSync(each))) {
    const real = await realpath(folder);
    for (const { path } of await listSources(folder, { except }))
      paths.add(join(folder, path)).add(join(real, path));
  }
  return paths;
}

/** One digest of several. */
export function joinDigests(digests: readonly Digest[]): Digest {
  return {
    content: digestOf(digests.map(({ content }) => content)),
    moment: digestOf(digests.map(({ moment }) => moment)),
  };
}

/** A digest of some texts, in their order. */
export function digestOf(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:${text}`);
  return hash.digest('hex').slice(0, 12);
}

/** The same for what has no times of changes: a setting, a listing, what is not there. */
export function digestOfTexts(texts: readonly string[]): Digest {
  return timeless(digestOf(texts));
}

/** A digest of what has no times of changes, by its content. */
export function timeless(content: string): Digest {
  return { content, moment: content };
}

/** Copies files, with their folders, to another place. */
export async function copySources(
  from: string,
  to: string,
  files: readonly SourceFile[],
  signal?: AbortSignal,
): Promise<void> {
  for (const { path } of files) {
    throwIfGivenUp(signal);
    await mkdir(dirname(join(to, path)), { recursive: true });
    await copyFile(join(from, path), join(to, path));
  }
}
