import { existsSync, statSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listSources, type SourceFile } from '../build/sources.ts';
import { messageOf } from '../errors.ts';
import { makeTempFolder } from '../temp-folder.ts';

/** A file or folder of a plan is copied to where each instance works up to this size, and up to so much together. */
const most = { bytes: 1024 * 1024, files: 200, totalBytes: 8 * 1024 * 1024 };

/**
 * A run's temporary folder, gone when disposed of.
 * @param leftBehind is told of what could not be removed.
 * @throws TgError (environment) when it cannot be made.
 */
export async function makeTempRoot(
  runId: string,
  leftBehind: (problem: string) => void,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await makeTempFolder(runId);
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

interface CopiedFile {
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

const modulesFolder = 'node_modules';
/** What a builder made beside the plan's files: exec:node's bundle. */
const generated = /\.tg\.[cm]js$/;

/**
 * What a plan ships, as each instance finds it in its working directory: small files and folders as a copy of its own, read
 * once; large ones as a link to the artifact, shared by all.
 */
export interface ShippedFiles {
  /** What is linked, by its name in the plan's folder. */
  readonly linked: readonly string[];
  provide(dir: string): Promise<void>;
}

export async function readShippedFiles(artifactDir: string): Promise<ShippedFiles> {
  const entries = new Map<string, SourceFile[]>();
  for (const name of await readdir(artifactDir)) if (name !== modulesFolder) entries.set(name, []);
  for (const file of await listSources(artifactDir, { everything: true })) {
    const [top = ''] = file.path.split('/');
    if (!generated.test(file.path)) entries.get(top)?.push(file);
  }
  const copied: CopiedFile[] = [];
  const linked: string[] = [];
  let total = 0;
  const empty: string[] = [];
  for (const [name, files] of entries) {
    if (files.length === 0 && statSync(join(artifactDir, name)).isDirectory()) empty.push(name);
    const size = files.reduce((sum, file) => sum + file.size, 0);
    if (size > most.bytes || files.length > most.files || total + size > most.totalBytes) {
      linked.push(name);
      continue;
    }
    total += size;
    for (const { path, executable } of files)
      copied.push({ path, executable, content: await readFile(join(artifactDir, path)) });
  }
  const modules = existsSync(join(artifactDir, modulesFolder)) ? [modulesFolder] : [];
  const folders = new Set(
    [...empty, ...copied.map(({ path }) => dirname(path))].filter((name) => name !== '.'),
  );
  return {
    linked,
    async provide(dir) {
      for (const name of [...linked, ...modules]) await symlink(join(artifactDir, name), join(dir, name));
      for (const folder of folders) await mkdir(join(dir, folder), { recursive: true });
      for (const { path, content, executable } of copied) {
        await writeFile(join(dir, path), content);
        if (executable) await chmod(join(dir, path), 0o755);
      }
    },
  };
}
