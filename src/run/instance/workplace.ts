import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { listSources, type SourceFile } from '../../build/sources.ts';
import { removeTree } from '../../remove-tree.ts';
import { makeTempFolder } from '../../temp-folder.ts';

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

/** A file or folder of a plan is copied to where each instance works up to this size, and up to so much together. */
const most = { bytes: 1024 * 1024, files: 200, totalBytes: 8 * 1024 * 1024 };

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
  provide(dir: string): void;
}

export async function readShippedFiles(artifactDir: string): Promise<ShippedFiles> {
  const entries = new Map<string, SourceFile[]>();
  for (const name of readdirSync(artifactDir)) if (name !== modulesFolder) entries.set(name, []);
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
      copied.push({ path, executable, content: readFileSync(join(artifactDir, path)) });
  }
  const modules = existsSync(join(artifactDir, modulesFolder)) ? [modulesFolder] : [];
  const folders = new Set(
    [...empty, ...copied.map(({ path }) => dirname(path))].filter((name) => name !== '.'),
  );
  return {
    linked,
    provide(dir) {
      for (const name of [...linked, ...modules]) symlinkSync(join(artifactDir, name), join(dir, name));
      for (const folder of folders) mkdirSync(join(dir, folder), { recursive: true });
      for (const { path, content, executable } of copied)
        writeFileSync(join(dir, path), content, { mode: executable ? 0o755 : 0o644 });
    },
  };
}

/** The folders of an instance. */
export interface Place {
  readonly outputs: string;
  readonly temp: string;
  readonly workDir: string;
  /** What tg needs there has a place of its own: a plan may call its files as it likes. Undefined where it needs nothing. */
  readonly own: string | undefined;
  /** For what was executed; undefined where nobody asked. */
  readonly coverage: string | undefined;
}

/**
 * Makes the folders of an instance, with the plan's files in the one in which it works. At once: to hand each of these short
 * calls to another thread takes longer.
 */
export function makePlace({ outputs, temp, workDir, own, coverage }: Place, shipped: ShippedFiles): void {
  for (const folder of [outputs, temp]) mkdirSync(folder, { recursive: true });
  mkdirSync(workDir);
  shipped.provide(workDir);
  for (const folder of [own, coverage]) if (folder !== undefined) mkdirSync(folder);
}

/** Removes what makePlace has made for an instance alone, and all that came to it. */
export async function removePlace({ temp }: Place): Promise<void> {
  try {
    removeAtOnce(temp, { left: mostAtOnce });
  } catch {
    await removeTree(temp);
  }
}

/** More than so many files and folders of one place are left to another thread: nobody is to be held up for them. */
const mostAtOnce = 100;

function removeAtOnce(folder: string, budget: { left: number }): void {
  const entries = readdirSync(folder, { withFileTypes: true });
  budget.left -= entries.length;
  if (budget.left < 0) throw new Error('there is too much to be removed at once');
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeAtOnce(path, budget);
    else unlinkSync(path);
  }
  rmdirSync(folder);
}
