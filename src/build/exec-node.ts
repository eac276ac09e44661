import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { type BuildOptions, build as esbuild, formatMessages, type Message, type Metafile } from 'esbuild';
import { z } from 'zod';
import { expecting, TgError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { packageName, packageRoot, packageVersion } from '../package.ts';
import type { Artifact, Builder, BuildRequest } from './builder.ts';
import { importsOfBundle, importsOfJavaScript } from './imports.ts';
import { findEntry } from './node-entry.ts';
import { checkInstalled, linkModules, modulesInReach } from './node-modules.ts';
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
    return await build(request).catch(
      expecting('build', request.planDir, 'the plan cannot be built', 'Mend that file, or its permissions.'),
    );
  },
};

async function build(request: BuildRequest): Promise<Artifact> {
  const { planDir, planName, home } = request;
  const entry = findEntry(planDir, request.buildConfig['entry']);
  const files = await listSources(planDir, home.root);
  const around = [entry, packageVersion(), packageRoot, planDir, ...(await modulesInReach(planDir))];
  const dir = join(
    home.work,
    `exec-node--${basename(planName)}-${await digestSources(planDir, files, around)}`,
  );
  if (!existsSync(join(dir, recordFile))) {
    await makeInPlace(dir, async (partial) => {
      await copySources(planDir, join(partial, planFolder), files);
      const record = await compile(planDir, entry, join(partial, planFolder));
      await linkModules(planDir, partial, planFolder);
      await writeFile(join(partial, recordFile), JSON.stringify(record));
    });
  }
  const record = recordSchema.parse(JSON.parse(await readFile(join(dir, recordFile), 'utf8')));
  const program = join(dir, planFolder, record.entry);
  return {
    key: basename(dir),
    command: [process.execPath, ...(record.entry === entry ? [] : ['--enable-source-maps']), program],
    dir: join(dir, planFolder),
    sdk: record.sdk,
  };
}

function checkConfig(config: BuildRequest['buildConfig']): void {
  const unknown = Object.keys(config).find((name) => !buildKeys.includes(name));
  if (unknown === undefined) return;
  throw new TgError('usage', `exec:node has no build configuration "${unknown}"`, {
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

async function compile(planDir: string, entry: string, outDir: string): Promise<ArtifactRecord> {
  const typescript = /\.[cm]?tsx?$/.test(entry);
  const ending = entry.endsWith('.cts') ? '.tg.cjs' : '.tg.mjs';
  const output = join(dirname(entry), basename(entry, extname(entry)) + ending);
  const imports = typescript
    ? importsOfBundle(
        entry,
        await runEsbuild(planDir, { entryPoints: [entry], ...bundleTo(join(outDir, output)) }),
      )
    : await importsOfJavaScript(planDir, entry, (file) =>
        runEsbuild(planDir, { entryPoints: [file], ...lookAt }),
      );
  checkInstalled(planDir, imports);
  return { entry: typescript ? output : entry, sdk: imports.some(({ path }) => sdkNames.has(path)) };
}

/** TypeScript becomes one file beside its entry. */
function bundleTo(outfile: string): BuildOptions {
  const format: BuildOptions = outfile.endsWith('.cjs')
    ? { format: 'cjs' }
    : { format: 'esm', banner: { js: commonJsNames } };
  return {
    ...format,
    outfile,
    bundle: true,
    packages: 'external',
    // By name too: a tsconfig's paths would otherwise win.
    external: [...sdkNames],
    sourcemap: 'inline',
    sourcesContent: false,
    loader: { '.node': 'empty', '.wasm': 'empty' },
  };
}

/** JavaScript is only read, a file at a time: for its syntax errors, and for what it imports. */
const lookAt: BuildOptions = { bundle: false, format: 'esm', outdir: 'out', write: false };

/** @throws TgError (build) with the compiler's words. */
async function runEsbuild(planDir: string, options: BuildOptions): Promise<Metafile> {
  try {
    const { metafile } = await esbuild({
      absWorkingDir: planDir,
      platform: 'node',
      target: `node${process.versions.node}`,
      logLevel: 'silent',
      ...options,
      metafile: true,
    });
    return metafile;
  } catch (error) {
    const errors = errorsOf(error);
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
