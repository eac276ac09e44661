import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, createReadStream, existsSync, openSync, readFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { codeOf, TgError } from '../../util/errors.ts';
import { throwIfAborted } from '../tool/throw-if-aborted.ts';
import { type Listing, readSources, type SourceFile } from './walk.ts';

export { copySources } from './copy.ts';
export { type LeftOut, readSources, type SourceFile, type Sources } from './walk.ts';

/** All files of a plan, its links and its empty folders, sorted by path. */
export async function listSources(planDir: string, listing: Listing = {}): Promise<readonly SourceFile[]> {
  return (await readSources(planDir, listing)).files;
}

/** The state of files: equal before and after if nothing was written in between. */
export interface Digest {
  /** A digest of names, modes and contents. */
  readonly content: string;
  /** A digest that includes change times: differs if something was written and reverted. */
  readonly moment: string;
}

/** Files up to this size, in bytes, are read at once; others as a stream. */
const readAtOnce = 256 * 1024;
/** Larger files are read in chunks of this size, in bytes. */
const streamBytes = 1024 * 1024;
/** After this number of bytes, other tasks get a turn. */
const turnBytes = 8 * 1024 * 1024;

/** A digest of the files' names, modes and contents, and of everything else that affects a build. */
export async function digestSources(
  planDir: string,
  files: readonly SourceFile[],
  rest: readonly string[],
  signal?: AbortSignal,
): Promise<Digest> {
  const hash = createHash('sha256');
  for (const word of rest) hash.update(`${word.length}:${word}`);
  let sinceTurn = 0;
  for (const file of files) {
    throwIfAborted(signal);
    hash.update(`${file.path}\0${file.kind}\0${file.mode}\0${file.size}\0`);
    if (file.kind === 'link') hash.update(`${file.target}\0${file.size === 0 ? '' : file.changedMs}\0`);
    if (file.kind !== 'file') continue;
    await addContent(hash, join(planDir, file.path), file, signal);
    sinceTurn += Math.min(file.size, readAtOnce) + 4096;
    if (sinceTurn < turnBytes) continue;
    sinceTurn = 0;
    await nextTurn();
  }
  const content = hash.digest('hex').slice(0, 12);
  return {
    content,
    moment: digestOf([content, ...files.map(({ path, changedMs }) => `${path} ${changedMs}`)]),
  };
}

async function addContent(
  hash: Hash,
  path: string,
  { size }: SourceFile,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    if (size <= readAtOnce) hash.update(readAll(path));
    else {
      for await (const chunk of createReadStream(path, { highWaterMark: streamBytes })) {
        throwIfAborted(signal);
        hash.update(chunk as Buffer);
      }
    }
  } catch (error) {
    if (error instanceof TgError || codeOf(error) === 'ENOENT') throw error;
    throw new TgError('build', `a file of the plan cannot be read: ${codeOf(error)}`, {
      where: path,
      hint: 'Fix that file, or its permissions.',
      cause: error,
    });
  }
}

/** Reads without blocking, in case a pipe has replaced the file. */
function readAll(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * A digest of a folder in which a build runs: its files and its path. @param except a folder inside that does not
 * count.
 */
export async function digestFolder(folder: string, except?: string): Promise<Digest> {
  if (!existsSync(folder)) return timeless(`${folder} is not there`);
  return await digestSources(folder, await listSources(folder, { except }), [folder]);
}

/** The paths of all files in some folders, both as given and with links on the way to the folder resolved. */
export async function pathsIn(folders: readonly string[], except: string): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  for (const folder of folders.filter((each) => existsSync(each))) {
    const real = await realpath(folder);
    for (const { path } of await listSources(folder, { except }))
      paths.add(join(folder, path)).add(join(real, path));
  }
  return paths;
}

/** Combines several digests. */
export function joinDigests(digests: readonly Digest[]): Digest {
  return {
    content: digestOf(digests.map(({ content }) => content)),
    moment: digestOf(digests.map(({ moment }) => moment)),
  };
}

/** A digest of texts, in their order. */
export function digestOf(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:${text}`);
  return hash.digest('hex').slice(0, 12);
}

/** The same for data without change times: a setting, a listing, a missing file. */
export function digestOfTexts(texts: readonly string[]): Digest {
  return timeless(digestOf(texts));
}

/** A digest of data without change times, by its content. */
export function timeless(content: string): Digest {
  return { content, moment: content };
}
