import type { BuildOptions } from 'esbuild';
import { runEsbuild } from './bundle-esbuild.ts';
import { type ImportSite, importsOfJavaScript } from './imports.ts';

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
