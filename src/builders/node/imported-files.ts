import { join } from 'node:path';
import { TgError } from '../../util/errors.ts';
import type { BundleRequest } from './bundle/bundle.ts';
import { withoutPackages } from './bundle/packages.ts';
import { runEsbuild } from './bundle/run-esbuild.ts';

/**
 * The files that scripts of a plan import, except those of installed packages, by absolute path.
 * @param entries below the plan's folder. Those after the first may not be programs: if one of them does not build,
 * only the first counts.
 * @throws TgError (build) with the compiler's errors if the first does not build.
 */
export async function importedBy(
  { planDir, sdkNames, modules }: Pick<BundleRequest, 'planDir' | 'sdkNames' | 'modules'>,
  entries: readonly string[],
): Promise<string[]> {
  const [first] = entries;
  if (first === undefined) return [];
  const look = async (entryPoints: readonly string[], dynamic: boolean) => {
    const { metafile } = await runEsbuild(planDir, planDir, {
      entryPoints: [...entryPoints],
      bundle: true,
      format: 'esm',
      outdir: 'out',
      nodePaths: modules === undefined ? [] : [modules],
      plugins: [withoutPackages({ planDir, entryFolder: planDir, sdkNames, dynamic })],
    });
    return Object.keys(metafile.inputs).map((path) => join(planDir, path));
  };
  const orElse = (next: () => Promise<string[]>) => (error: unknown) => {
    if (error instanceof TgError) return next();
    throw error;
  };
  // Targets of import() may never be loaded.
  const alone = () => look([first], true).catch(orElse(() => look([first], false)));
  return await look(entries, true).catch(orElse(alone));
}
