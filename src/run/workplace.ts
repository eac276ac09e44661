import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { listSources } from '../build/sources.ts';

/** Files up to this size, and up to this much together, are copied to where each instance works. */
const maxFileBytes = 1024 * 1024;
const maxTotalBytes = 8 * 1024 * 1024;

/** A run's temporary folder, gone when disposed of. */
export async function makeTempRoot(runId: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), `tg-${runId}-`));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

interface ShippedFile {
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

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
