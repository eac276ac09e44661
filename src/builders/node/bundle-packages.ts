import { isBuiltin } from 'node:module';
import { relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild, ResolveResult } from 'esbuild';
import { isInside } from '../sources/inside.ts';

/** Of what an import leads to. */
interface Bounds {
  /** The plan's real folder. */
  readonly planDir: string;
  /** Where the bundle lies in it. */
  readonly entryFolder: string;
  /** Packages that stay outside, whatever a tsconfig.json says. */
  readonly sdkNames: readonly string[];
  /** Whether what import() loads is looked at. */
  readonly dynamic: boolean;
}

const asked = Symbol('asked by this plugin');

/**
 * Leaves installed packages outside a bundle. A package that is a link to sources beside a node_modules is part of it: it may be in
 * TypeScript, which no Node runs under node_modules.
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
    // A relative path that leads nowhere is the compiler's to report.
    return !isRelative || kind === 'dynamic-import' ? outside : undefined;
  }
  if (found.external || found.namespace !== 'file') return found;
  const isNative = /\.(?:node|wasm)$/.test(found.path);
  if (!isNative && (isRelative || !isInstalled(planDir, found.path))) return found;
  // From beside the plan, and from what has packages of its own in it, the same name may lead elsewhere.
  if (!isNative && (await ask(entryFolder)).path === found.path) return outside;
  const isRequired = kind === 'require-call' || kind === 'require-resolve';
  if (isInside(planDir, found.path))
    return { path: `./${relative(entryFolder, found.path)}`, external: true };
  return { path: isRequired ? found.path : pathToFileURL(found.path).href, external: true };
}

/** Whether a real path is one of an installed package; a plan may lie in one itself, as those do that ship with tg. */
export function isInstalled(planDir: string, path: string): boolean {
  const place = isInside(planDir, path) ? relative(planDir, path) : path;
  return place.split(sep).includes('node_modules');
}
