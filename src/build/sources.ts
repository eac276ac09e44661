import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file of a plan, by its path below the plan's folder. */
export interface SourceFile {
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
}

/** What belongs to the tools around a plan rather than to the plan. */
const leftOut = new Set(['node_modules', '.git', '.hg', '.svn', '.DS_Store']);

/** All files of a plan, sorted by path; links are followed, except round in circles. */
export async function listSources(planDir: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  await walk(planDir, '', [await realpath(planDir)], files);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function walk(
  root: string,
  below: string,
  parents: readonly string[],
  files: SourceFile[],
): Promise<void> {
  for (const name of await readdir(join(root, below))) {
    if (leftOut.has(name)) continue;
    const path = join(below, name);
    const kind = await stat(join(root, path)).catch(() => undefined);
    if (kind?.isFile()) files.push({ path, size: kind.size, executable: (kind.mode & 0o111) !== 0 });
    if (!kind?.isDirectory()) continue;
    const real = await realpath(join(root, path));
    if (!parents.includes(real)) await walk(root, path, [...parents, real], files);
  }
}

/** A digest of the files' names, modes and contents, and of whatever else decides about a build. */
export async function digestSources(
  planDir: string,
  files: readonly SourceFile[],
  rest: readonly string[],
): Promise<string> {
  const hash = createHash('sha256');
  for (const word of rest) hash.update(`${word.length}:${word}`);
  for (const { path, executable } of files) {
    const content = await readFile(join(planDir, path));
    hash.update(`${path}\0${executable}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 12);
}

/** Copies files, with their folders, to another place. */
export async function copySources(from: string, to: string, files: readonly SourceFile[]): Promise<void> {
  for (const { path } of files) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await copyFile(join(from, path), join(to, path));
  }
}
