import type { BuildOptions } from 'esbuild';
import { type ImportSite, importsOfJavaScript } from './imports.ts';
import { runEsbuild } from './run-esbuild.ts';

/**
 * The imports of JavaScript files, which are parsed one at a time, also to find syntax errors.
 * @param copy the folder with the plan's files; messages name the plan's folder.
 * @throws TgError (build) with the compiler's errors.
 */
export async function importsIn(copy: string, planDir: string, entry: string): Promise<ImportSite[]> {
  return await importsOfJavaScript(copy, entry, async (file) => {
    const options: BuildOptions = { entryPoints: [file], bundle: false, format: 'esm', outdir: 'out' };
    return (await runEsbuild(copy, planDir, options)).metafile;
  });
}
