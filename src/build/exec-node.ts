import { basename, dirname, extname, join } from 'node:path';
import { type BuildOptions, build as esbuild, formatMessages, type Message, type Metafile } from 'esbuild';
import { expecting, TgError } from '../errors.ts';
import { packageName, packageRoot, packageVersion } from '../package.ts';
import { artifactKey, artifactOr, planFolder } from './artifacts.ts';
import type { Artifact, Builder, BuildRequest } from './builder.ts';
import { importsOfBundle, importsOfJavaScript } from './imports.ts';
import { findEntry } from './node-entry.ts';
import { checkInstalled, linkModules, modulesInReach } from './node-modules.ts';
import { planModules } from './npm-install.ts';
import { digestOutside } from './outside-inputs.ts';
import { copySources, digestOf, digestSources, listSources } from './sources.ts';

/** TypeScript written for CommonJS uses these; on globalThis, so that a plan may declare its own. */
const commonJsNames = [
  "import { createRequire as tgCreateRequire } from 'node:module';",
  "import { fileURLToPath as tgFileOf } from 'node:url';",
  'globalThis.require ??= tgCreateRequire(import.meta.url);',
  'globalThis.__filename ??= tgFileOf(import.meta.url);',
  "globalThis.__dirname ??= tgFileOf(new URL('.', import.meta.url)).slice(0, -1);",
].join('\n');

const sdkNames = new Set([`${packageName}/sdk`, '@testground/sdk']);
const id = 'exec:node';

/**
 * exec:node: a copy of the plan in which JavaScript stays as it is and a TypeScript entry is bundled by esbuild, with
 * `testground-tg/sdk` within its reach. Same sources, same artifact: a plan that did not change is not built again.
 */
export const execNode: Builder = {
  id,
  configKeys: ['entry'],
  async build(request): Promise<Artifact> {
    return await build(request).catch(
      expecting('build', request.plan.dir, 'the plan cannot be built', 'Mend that file, or its permissions.'),
    );
  },
};

async function build(request: BuildRequest): Promise<Artifact> {
  const { plan, spec, home } = request;
  if (spec.selectors.length + spec.dependencies.length > 0 || spec.linkSdk !== undefined)
    request.warn(
      `${id} knows no selectors and no dependencies: --selector, --dep and --link-sdk are left out`,
    );
  const { entry, flags } = findEntry(plan.dir, spec.config['entry']);
  const files = await listSources(plan.dir, { except: home.root });
  const { dir: modules, installInto } = await planModules(request, files);
  const toolchain = [process.version, packageVersion(), packageRoot];
  const around = [entry, ...flags, ...toolchain, plan.dir, ...(await modulesInReach(plan.dir, modules))];
  const inside = await digestSources(plan.dir, files, around);
  const outside = isTypeScript(entry)
    ? await digestOutside(join(home.work, `inputs--${inside}.json`), plan.dir, async () =>
        Object.keys(
          (await runEsbuild(plan.dir, { entryPoints: [entry], ...bundleTo('out.mjs'), write: false })).inputs,
        ),
      )
    : '';
  const key = artifactKey(id, plan.name, digestOf([inside, outside]));
  return await artifactOr(home, key, async (dir) => {
    const copy = join(dir, planFolder);
    await copySources(plan.dir, copy, files);
    await installInto(copy);
    const places = [modules, join(copy, 'node_modules')].filter((place) => place !== undefined);
    const { program, sdk } = await compile({ planDir: plan.dir, places, entry, outDir: copy });
    await linkModules(plan.dir, modules, dir);
    const maps = program === entry ? [] : ['--enable-source-maps'];
    return {
      command: ['{node}', ...flags, ...maps, `{artifact}/${planFolder}/${program}`],
      sdk,
      traits: { dialsByName: false, reopensStreams: false, stacksOnQuit: false },
    };
  });
}

function isTypeScript(entry: string): boolean {
  return /\.[cm]?tsx?$/.test(entry);
}

interface Compilation {
  readonly planDir: string;
  /** Folders with packages of the plan's own. */
  readonly places: readonly string[];
  readonly entry: string;
  readonly outDir: string;
}

/** @returns the file to run, below the plan's folder, and whether the plan depends on an SDK. */
async function compile({
  planDir,
  places,
  entry,
  outDir,
}: Compilation): Promise<{ program: string; sdk: boolean }> {
  const typescript = isTypeScript(entry);
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
  checkInstalled(planDir, places, imports);
  return { program: typescript ? output : entry, sdk: imports.some(({ path }) => sdkNames.has(path)) };
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
