import { dirname, join, relative } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { scriptAt } from '../scripts.ts';
import { type ImportSite, importsOfBundle } from './imports.ts';
import { withoutPackages } from './packages.ts';
import { moduleFor, placeNames, withPlaces } from './places.ts';
import { runEsbuild } from './run-esbuild.ts';
import { bundledName, startWorkers, type WorkerScript, workersIn } from './workers.ts';

/** A file generated from a plan's sources. */
interface BundledFile {
  /** Below the plan's folder. */
  readonly file: string;
  readonly code: string;
}

/**
 * A plan bundled to one file next to its entry, and one next to each script that it starts as a worker or process.
 */
export interface Bundle {
  readonly program: string;
  readonly files: readonly BundledFile[];
  readonly imports: readonly ImportSite[];
  /** The source files, by absolute path. */
  readonly sources: readonly string[];
}

export interface BundleRequest {
  /** The plan's folder without links in its path: esbuild reports real paths. */
  readonly planDir: string;
  /** Below the plan's folder. */
  readonly entry: string;
  /** The folder where the plan's copy runs; source maps refer from there to the plan. */
  readonly place: string;
  /** Packages that stay external regardless of a tsconfig.json. */
  readonly sdkNames: readonly string[];
  /** The folder with the plan's packages, if it is outside the plan. */
  readonly modules: string | undefined;
  /** The version of Node that runs it. */
  readonly version: string;
}

/** The bundle of one script, before its workers are known. */
interface Part {
  readonly file: string;
  readonly code: string;
  readonly imports: readonly ImportSite[];
  readonly sources: readonly string[];
}

/** Placeholder for code that depends on the whole bundle; on its own line, so that line numbers stay the same. */
const firstMark = '/* tg: first */';

/**
 * Bundles a plan in memory.
 * @throws TgError (build) with the compiler's errors.
 */
export async function bundleOf(request: BundleRequest): Promise<Bundle> {
  const entry = join(request.planDir, request.entry);
  const parts = new Map<string, Part>([[entry, await partOf(request, entry)]]);
  const workers = new Map<string, WorkerScript>();
  // Iteration over a map includes entries added meanwhile.
  for (const part of parts.values()) {
    const scripts = await Promise.all(part.sources.map(scriptAt));
    for (const worker of workersIn(scripts, request.planDir)) {
      const made = parts.get(worker.file) ?? (await workerOf(request, worker));
      if (made === undefined) continue;
      parts.set(worker.file, made);
      const names = [...(workers.get(worker.file)?.names ?? []), ...worker.names];
      workers.set(worker.file, { ...worker, names: [...new Set(names)] });
    }
  }
  return joined(request, [...parts.values()], [...workers.values()]);
}

/** A script that is only named need not build. */
async function workerOf(request: BundleRequest, { file, sure }: WorkerScript): Promise<Part | undefined> {
  return await partOf(request, file).catch((error: unknown) => {
    if (sure) throw error;
    return undefined;
  });
}

function joined(
  { planDir }: BundleRequest,
  parts: readonly Part[],
  workers: readonly WorkerScript[],
): Bundle {
  const files = parts.map(({ file, code }) => ({
    file,
    code: code.replace(firstMark, () => {
      const ofModule = file.endsWith('.cjs') ? '' : moduleFor(code);
      return ofModule + startWorkers(planDir, file, workers);
    }),
  }));
  return {
    program: files[0]?.file ?? '',
    files,
    imports: parts.flatMap(({ imports }) => imports),
    sources: [...new Set(parts.flatMap(({ sources }) => sources))],
  };
}

async function partOf(request: BundleRequest, entry: string): Promise<Part> {
  const { planDir, place, sdkNames, modules, version } = request;
  const file = bundledName(planDir, entry);
  const isCommonJs = file.endsWith('.cjs');
  const bounds = { planDir, entryFolder: join(planDir, dirname(file)), sdkNames, dynamic: true };
  const options: BuildOptions = {
    entryPoints: [entry],
    outfile: join(place, file),
    bundle: true,
    format: isCommonJs ? 'cjs' : 'esm',
    banner: { js: isCommonJs ? bannerOfCommonJs : bannerOfModule },
    target: `node${version.replace('v', '')}`,
    define: placeNames,
    nodePaths: modules === undefined ? [] : [modules],
    plugins: [withoutPackages(bounds), withPlaces(planDir, entry)],
    sourcemap: 'inline',
    sourcesContent: false,
  };
  const { outputFiles, metafile } = await runEsbuild(planDir, planDir, options);
  const sources = Object.keys(metafile.inputs).map((path) => join(planDir, path));
  const imports = importsOfBundle(relative(planDir, entry), metafile);
  return { file, code: outputFiles[0]?.text ?? '', imports, sources };
}

const urls = [
  'const tgUrlOf = (path) => new URL(path, tgBundleUrl).href;',
  "const tgFolderOf = (url) => tgFileOf(new URL('.', url)).slice(0, -1);",
  firstMark,
];

/**
 * TypeScript written for CommonJS uses these names; they are set on globalThis so that a plan may declare its own.
 */
const bannerOfModule = [
  "import { createRequire as tgCreateRequire } from 'node:module';",
  "import { fileURLToPath as tgFileOf } from 'node:url';",
  'const tgBundleUrl = import.meta.url;',
  'const tgRequire = tgCreateRequire(tgBundleUrl);',
  ...urls,
  'globalThis.require ??= tgRequire;',
  'globalThis.__filename ??= tgFileOf(tgBundleUrl);',
  'globalThis.__dirname ??= tgFolderOf(tgBundleUrl);',
].join('\n');

const bannerOfCommonJs = [
  'const tgRequire = require;',
  "const { fileURLToPath: tgFileOf, pathToFileURL: tgUrlOfFile } = tgRequire('node:url');",
  'const tgBundleUrl = tgUrlOfFile(__filename).href;',
  ...urls,
].join('\n');
