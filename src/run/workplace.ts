import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { listSources } from '../build/sources.ts';
import { expecting, messageOf } from '../errors.ts';

/** Files up to this size, and up to this much together, are copied to where each instance works. */
const maxFileBytes = 1024 * 1024;
const maxTotalBytes = 8 * 1024 * 1024;

/**
 * A run's temporary folder, gone when disposed of.
 * @param leftBehind is told of what could not be removed.
 * @throws TgError (environment) when it cannot be made.
 */
export async function makeTempRoot(
  runId: string,
  leftBehind: (problem: string) => void,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), `tg-${runId}-`)).catch(
    expecting(
      'environment',
      tmpdir(),
      'no temporary folder can be made',
      'Set TMPDIR to a folder that you may write.',
    ),
  );
  return {
    path,
    async [Symbol.asyncDispose]() {
      const problem = await removeTree(path);
      if (problem !== undefined) leftBehind(problem);
    },
  };
}

/**
 * Removes a folder with all that is in it; folders that forbid it (as Go's module cache does) are first made to allow it.
 * @returns why it could not be removed, if it could not.
 */
export async function removeTree(path: string): Promise<string | undefined> {
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 });
  try {
    await remove().catch(async () => {
      await allowRemoving(path);
      await remove();
    });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function allowRemoving(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await allowRemoving(join(folder, entry.name));
  }
}

interface ShippedFile {
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

/** What a builder made beside the plan's files: exec:node's bundle. */
const generated = /\.tg\.[cm]js$/;

/**
 * The small files that a plan ships, read once and written into the working directory of each instance: found by a
 * relative path, and nobody else's when an instance writes to them.
 */
export interface ShippedFiles {
  /** Files too large to be copied, below the artifact's folder. */
  readonly leftOut: readonly string[];
  copyTo(dir: string): Promise<void>;
}

export async function readShippedFiles(artifactDir: string): Promise<ShippedFiles> {
  const files: ShippedFile[] = [];
  const leftOut: string[] = [];
  let total = 0;
  for (const { path, size, executable } of await listSources(artifactDir)) {
    if (generated.test(path)) continue;
    if (size > maxFileBytes || total + size > maxTotalBytes) {
      leftOut.push(path);
      continue;
    }
    total += size;
    files.push({ path, content: await readFile(join(artifactDir, path)), executable });
  }
  const folders = [...new Set(files.map(({ path }) => dirname(path)))].filter((folder) => folder !== '.');
  return {
    leftOut,
    async copyTo(dir) {
      for (const folder of folders) await mkdir(join(dir, folder), { recursive: true });
      for (const { path, content, executable } of files) {
        await writeFile(join(dir, path), content);
        if (executable) await chmod(join(dir, path), 0o755);
      }
    },
  };
}
