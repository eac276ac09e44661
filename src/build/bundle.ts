import { basename, dirname, extname, join } from 'node:path';
import type { BuildOptions, BuildResult, Message } from 'esbuild';
import { TgError } from '../errors.ts';
import { planFolder } from './artifact-record.ts';
import { type ImportSite, importsOfBundle, importsOfJavaScript } from './imports.ts';

/** TypeScript written for CommonJS uses these; on globalThis, so that a plan may declare its own. */
const commonJsNames = [
  "import { createRequire as tgCreateRequire } from 'node:module';",
  "import { fileURLToPath as tgFileOf } from 'node:url';",
  'globalThis.require ??= tgCreateRequire(import.meta.url);',
  'globalThis.__filename ??= tgFileOf(import.meta.url);',
  "globalThis.__dirname ??= tgFileOf(new URL('.', import.meta.url)).slice(0, -1);",
].join('\n');

/** A TypeScript plan as one file beside its entry. */
export interface Bundle {
  /** Below the plan's folder. */
  readonly file: string;
  readonly code: string;
  readonly imports: readonly ImportSite[];
}

export function isTypeScript(entry: string): boolean {
  return /\.[cm]?tsx?$/.test(entry);
}

/**
 * Bundles a plan without writing anything.
 * @param work the folder of artifacts: its source map leads from there to the plan.
 * @param sdkNames packages that stay outside the bundle, whatever a tsconfig.json says.
 * @throws TgError (build) with the compiler's words.
 */
export async function bundleOf(
  planDir: string,
  entry: string,
  work: string,
  sdkNames: readonly string[],
): Promise<Bundle> {
  const ending = entry.endsWith('.cts') ? '.tg.cjs' : '.tg.mjs';
  const file = join(dirname(entry), basename(entry, extname(entry)) + ending);
  const format: BuildOptions = file.endsWith('.cjs')
    ? { format: 'cjs' }
    : { format: 'esm', banner: { js: commonJsNames } };
  const { outputFiles, metafile } = await runEsbuild(planDir, planDir, {
    ...format,
    entryPoints: [entry],
    // Any artifact's folder: all lie side by side.
    outfile: join(work, 'artifact', planFolder, file),
    bundle: true,
    packages: 'external',
    // By name too: a tsconfig's paths would otherwise win.
    external: [...sdkNames],
    sourcemap: 'inline',
    sourcesContent: false,
    loader: { '.node': 'empty', '.wasm': 'empty' },
  });
  return { file, code: outputFiles[0]?.text ?? '', imports: importsOfBundle(entry, metafile) };
}

/**
 * The imports of JavaScript, which is only read, a file at a time: for its syntax errors too.
 * @param copy where the plan's files lie; messages name the plan's folder.
 * @throws TgError (build) with the compiler's words.
 */
export async function importsIn(copy: string, planDir: string, entry: string): Promise<ImportSite[]> {
  return await importsOfJavaScript(copy, entry, async (file) => {
    const options: BuildOptions = { entryPoints: [file], bundle: false, format: 'esm', outdir: 'out' };
    return (await runEsbuild(copy, planDir, options)).metafile;
  });
}

type Result = BuildResult<{ readonly write: false; readonly metafile: true }>;

async function runEsbuild(folder: string, planDir: string, options: BuildOptions): Promise<Result> {
  // Where JavaScript was built before, it is not needed.
  const { build, formatMessages } = await import('esbuild');
  try {
    return await build({
      absWorkingDir: folder,
      platform: 'node',
      target: `node${process.versions.node}`,
      logLevel: 'silent',
      ...options,
      write: false,
      metafile: true,
    });
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
