import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { build, formatMessages, type Loader, type Message, type Metafile } from 'esbuild';
import { z } from 'zod';
import { TgError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { packageName, packageRoot, packageVersion } from '../package.ts';
import type { Artifact, Builder, BuildRequest } from './builder.ts';
import { findEntry } from './node-entry.ts';
import { copySources, digestSources, listSources } from './sources.ts';

/** What an artifact keeps about itself, beside the plan's files. */
const recordSchema = z.object({ entry: z.string(), sdk: z.boolean() });
type ArtifactRecord = z.output<typeof recordSchema>;

const recordFile = 'artifact.json';
/** The folder inside the artifact that holds the plan. One deeper than our SDK's link, so that the plan's own wins. */
const planFolder = 'plan';

/** TypeScript written for CommonJS uses these; on globalThis, so that a plan may declare its own. */
const commonJsNames = [
  "import { createRequire as tgCreateRequire } from 'node:module';",
  "import { fileURLToPath as tgFileOf } from 'node:url';",
  'globalThis.require ??= tgCreateRequire(import.meta.url);',
  'globalThis.__filename ??= tgFileOf(import.meta.url);',
  "globalThis.__dirname ??= tgFileOf(new URL('.', import.meta.url)).slice(0, -1);",
].join('\n');

const sdkNames = new Set([`${packageName}/sdk`, '@testground/sdk']);
const buildKeys = ['entry'];

/**
 * exec:node: a copy of the plan in which JavaScript stays as it is and a TypeScript entry is bundled by esbuild, with
 * `testground-tg/sdk` within its reach. Same sources, same artifact: a plan that did not change is not built again.
 */
export const execNode: Builder = {
  id: 'exec:node',
  checkConfig,
  async build(request): Promise<Artifact> {
    checkConfig(request.buildConfig);
    const entry = findEntry(request.planDir, request.buildConfig['entry']);
    const files = await listSources(request.planDir);
    const key = await digestSources(request.planDir, files, [
      entry,
      packageVersion(),
      packageRoot,
      request.planDir,
    ]);
    const dir = join(request.home.work, `exec-node--${basename(request.planName)}-${key}`);
    if (!existsSync(join(dir, recordFile))) {
      await makeInPlace(dir, async (partial) => {
        await copySources(request.planDir, join(partial, planFolder), files);
        const record = await compile(request, entry, join(partial, planFolder));
        await linkModules(request.planDir, partial);
        await writeFile(join(partial, recordFile), JSON.stringify(record));
      });
    }
    const record = recordSchema.parse(JSON.parse(await readFile(join(dir, recordFile), 'utf8')));
    return {
      key: basename(dir),
      command: [
        process.execPath,
        ...(record.entry === entry ? [] : ['--enable-source-maps']),
        join(dir, planFolder, record.entry),
      ],
      dir: join(dir, planFolder),
      sdk: record.sdk,
    };
  },
};

function checkConfig(config: BuildRequest['buildConfig']): void {
  const unknown = Object.keys(config).find((name) => !buildKeys.includes(name));
  if (unknown === undefined) return;
  throw new TgError('usage', `exec:node has no build configuration "${unknown}"`, {
    where: '--build-cfg',
    hint: didYouMean(unknown, buildKeys, 'build configuration'),
  });
}

/** Makes a folder under another name and renames it: it is there complete or not at all, whoever else makes it too. */
async function makeInPlace(dir: string, make: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${dir}.${process.pid}.partial`;
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await make(partial);
    await rename(partial, dir).catch((error: unknown) => {
      if (!existsSync(join(dir, recordFile))) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function compile(request: BuildRequest, entry: string, outDir: string): Promise<ArtifactRecord> {
  if (!/\.[cm]?tsx?$/.test(entry)) {
    return { entry, sdk: usesSdk(await analyse(request.planDir, entry)) };
  }
  const ending = entry.endsWith('.cts') ? '.tg.cjs' : '.tg.mjs';
  const output = join(dirname(entry), basename(entry, extname(entry)) + ending);
  const { metafile } = await runEsbuild(request.planDir, {
    entryPoints: [entry],
    outfile: join(outDir, output),
    ...(output.endsWith('.cjs') ? { format: 'cjs' } : { format: 'esm', banner: { js: commonJsNames } }),
    sourcemap: 'inline',
    sourcesContent: false,
    write: true,
  });
  return { entry: output, sdk: usesSdk(metafile) };
}

/** Reads a JavaScript plan without changing it: for its syntax errors, and for the SDK it imports. */
function analyse(planDir: string, entry: string): Promise<Metafile> {
  const tolerated = (message: Message) => /^(Could not resolve|No loader is configured)/.test(message.text);
  return runEsbuild(
    planDir,
    { entryPoints: [entry], outdir: 'out', format: 'esm', write: false, logLimit: 0 },
    tolerated,
  ).then(({ metafile }) => metafile);
}

type EsbuildOptions = Parameters<typeof build>[0];

async function runEsbuild(
  planDir: string,
  options: EsbuildOptions,
  tolerated: (message: Message) => boolean = () => false,
): Promise<{ metafile: Metafile }> {
  try {
    return await build({
      absWorkingDir: planDir,
      bundle: true,
      platform: 'node',
      target: `node${process.versions.node}`,
      packages: 'external',
      // By name too: a tsconfig's paths would otherwise win.
      external: [...sdkNames],
      metafile: true,
      logLevel: 'silent',
      loader: Object.fromEntries(['.node', '.wasm'].map((ending): [string, Loader] => [ending, 'empty'])),
      ...options,
    } as EsbuildOptions & { metafile: true });
  } catch (error) {
    const errors = errorsOf(error);
    if (errors.length > 0 && errors.every(tolerated)) return { metafile: { inputs: {}, outputs: {} } };
    if (errors.length === 0) throw error;
    const words = await formatMessages([...errors], { kind: 'error', color: false });
    throw new TgError('build', 'the plan does not build with exec:node', {
      where: planDir,
      hint: words.join('').trim(),
    });
  }
}

function errorsOf(error: unknown): readonly Message[] {
  if (!(error instanceof Error) || !('errors' in error) || !Array.isArray(error.errors)) return [];
  return error.errors as Message[];
}

function usesSdk(metafile: Metafile): boolean {
  return Object.values(metafile.inputs).some(({ imports }) => imports.some(({ path }) => sdkNames.has(path)));
}

/**
 * Lets the artifact find packages: the plan's own, where they are installed (in its folder or above it), and below
 * them our SDK.
 */
async function linkModules(planDir: string, artifactDir: string): Promise<void> {
  const own = join(planDir, 'node_modules');
  if (existsSync(own)) await symlink(own, join(artifactDir, planFolder, 'node_modules'));
  await mkdir(join(artifactDir, 'node_modules'));
  await symlink(packageRoot, join(artifactDir, 'node_modules', packageName));
}
