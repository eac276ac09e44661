import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Home } from '../../os/home.ts';
import { removeTree, removeTreeOrThrow } from '../../os/remove-tree.ts';
import { unfinishedEnding } from '../../os/temp-folder.ts';
import { codeOf, TgError } from '../../util/errors.ts';
import { unfinishedName } from '../unfinished-name.ts';
import { type ArtifactRecord, lackOf, placeArtifact, planFolder, writeRecord } from './artifact-record.ts';

/** The place where an artifact is made; an incomplete one is removed on disposal. */
export interface BuildPlace extends AsyncDisposable {
  readonly dir: string;
  /** Marks the artifact as complete. @param name its name in the builders' store. */
  complete(record: ArtifactRecord, name: string): Promise<void>;
}

/** Makes a relocatable artifact under a temporary name, since its key may be known only at the end. */
export async function besideItsPlace({ work }: Home, base: string): Promise<BuildPlace> {
  const dir = unfinishedName(join(work, base));
  await mkdir(join(dir, planFolder), { recursive: true });
  return {
    dir,
    async complete(record, name) {
      await writeRecord(dir, record);
      await placeArtifact(dir, join(work, name));
    },
    async [Symbol.asyncDispose]() {
      await removeTree(dir);
    },
  };
}

/** The file inside an artifact made in place that names the process making it. */
const mark = { begin: 'building.', pattern: /^building\.([0-9a-f]{12})\.partial$/ };

/**
 * Makes an artifact in its final place, if it contains its own path: Python environments, programs with relative
 * library paths. It is valid once its record, which is written last, exists. An incomplete artifact there was left
 * by a process that was killed.
 * @returns undefined if another process has completed it meanwhile.
 */
export async function inItsPlace({ work }: Home, base: string): Promise<BuildPlace | undefined> {
  const dir = join(work, base);
  const partial = unfinishedName(dir);
  const marked = `${mark.begin}${unfinishedEnding}`;
  try {
    await mkdir(join(partial, planFolder), { recursive: true });
    await writeFile(join(partial, marked), '');
    if ((await lackOf(dir)) !== undefined) await removeLeft(dir);
    await rename(partial, dir);
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    if ((await lackOf(dir)) === undefined) return undefined;
    throw new TgError('build', 'another tg is making the same build in the same folder', {
      where: dir,
      hint: 'It may run on another host that uses the same home. Try again once it has finished.',
      cause: error,
    });
  } finally {
    await removeTree(partial);
  }
  let isComplete = false;
  return {
    dir,
    async complete(record) {
      await rm(join(dir, marked));
      await writeRecord(dir, record);
      isComplete = true;
    },
    async [Symbol.asyncDispose]() {
      if (!isComplete) await removeLeft(dir);
    },
  };
}

/** Renames the folder before removing it, so that no other process uses a half-removed artifact. */
async function removeLeft(dir: string): Promise<void> {
  const aside = unfinishedName(dir);
  await rename(dir, aside).catch(() => {});
  await removeTreeOrThrow(aside);
}

/** The token of the process that makes an artifact in its place; undefined if there is none. */
export async function makerIn(dir: string): Promise<string | undefined> {
  const names = await readdir(dir).catch(() => []);
  return names.map((name) => mark.pattern.exec(name)?.[1]).find((token) => token !== undefined);
}
