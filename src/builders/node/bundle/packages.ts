import { isBuiltin } from 'node:module';
import { relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild, ResolveResult } from 'esbuild';
import { isInside } from '../../sources/inside.ts';

/** The scope in which imports are resolved. */
interface Bounds {
  /** The plan's folder, by its real path. */
  readonly planDir: string;
  /** The folder of the bundle in it. */
  readonly entryFolder: string;
  /** Packages that stay external regardless of a tsconfig.json. */
  readonly sdkNames: readonly string[];
  /** Whether targets of import() are analyzed. */
  readonly dynamic: boolean;
}

const asked = Symbol('asked by this plugin');

/**
 * Keeps installed packages external. A package that is a link to sources outside of node_modules is bundled: it may
 * be TypeScript, which Node does not run below node_modules.
 */
export function withoutPackages(bounds: Bounds): Plugin {
  return {
    name: 'without-packages',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolved(build, bounds, args));
    },
  };
}

async function resolved(
  build: PluginBuild,
  { planDir, entryFolder, sdkNames, dynamic }: Bounds,
  args: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  const { path, kind, importer, resolveDir } = args;
  if (args.pluginData === asked || kind === 'entry-point' || isBuiltin(path)) return undefined;
  const outside = { path, external: true };
  if (sdkNames.includes(path) || (!dynamic && kind === 'dynamic-import')) return outside;
  const ask = async (from: string): Promise<ResolveResult> =>
    await build.resolve(path, { kind, importer, resolveDir: from, pluginData: asked });
  const isRelative = /^(?:\.{0,2}\/|\.{1,2}$)/.test(path);
  const found = await ask(resolveDir);
  if (found.errors.length > 0) {
    // The compiler reports a relative path that does not resolve.
    return !isRelative || kind === 'dynamic-import' ? outside : undefined;
  }
  if (found.external || found.namespace !== 'file') return found;
  const isNative = /\.(?:node|wasm)$/.test(found.path);
  if (!isNative && (isRelative || !isInstalled(planDir, found.path))) return found;
  // From outside the plan, or below a nested node_modules, the same name may resolve to another package.
  if (!isNative && (await ask(entryFolder)).path === found.path) return outside;
  const isRequired = kind === 'require-call' || kind === 'require-resolve';
  if (isInside(planDir, found.path))
    return { path: `./${relative(entryFolder, found.path)}`, external: true };
  return { path: isRequired ? found.path : pathToFileURL(found.path).href, external: true };
}

/**
 * Whether a real path belongs to an installed package. A plan may itself be inside a package, as the bundled plans
 * are.
 */
export function isInstalled(planDir: string, path: string): boolean {
  const place = isInside(planDir, path) ? relative(planDir, path) : path;
  return place.split(sep).includes('node_modules');
}
