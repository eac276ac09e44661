import { join, relative } from 'node:path';
import { TgError } from '../../util/errors.ts';
import { isPlainFile } from '../plain-file.ts';
import { isInside } from '../sources/inside.ts';
import type { SourceFile } from '../sources/sources.ts';
import { type Bundle, type BundleRequest, bundleOf } from './bundle/bundle.ts';
import { isInstalled } from './bundle/packages.ts';
import type { NodeEntry } from './entry.ts';
import { importedBy } from './imported-files.ts';
import { linkedPackages } from './modules.ts';
import { besideNamedIn, isTypeScript, mentions, namesTypeScript, type Script, scriptAt } from './scripts.ts';

/** The output and the inputs of the compiler for a plan. */
export interface Compilation {
  /** Undefined if the plan runs without a bundle. */
  readonly bundle: Bundle | undefined;
  /** Input files outside the plan that are not in the bundle. */
  readonly beyond: readonly string[];
}

interface CompileRequest extends Omit<BundleRequest, 'entry'> {
  readonly start: NodeEntry;
  readonly files: readonly SourceFile[];
  /** The plan's scripts, below `planDir`. */
  readonly scripts: readonly Script[];
}

/**
 * Bundles a plan in TypeScript, or one in JavaScript that uses TypeScript: in a linked package, outside the plan,
 * or in a worker.
 * @throws TgError (build) with the compiler's errors.
 */
export async function compile(request: CompileRequest): Promise<Compilation> {
  const { planDir, start, scripts } = request;
  const entries = entriesOf(request);
  const [entry] = entries;
  if (start.kind === 'file' && entry !== undefined && isTypeScript(entry))
    return await bundled(request, entry);
  if (start.kind === 'script' && start.bundled !== undefined) return await bundled(request, start.bundled);
  const linked = (await linkedPackages(planDir, request.modules)).filter(({ name }) =>
    mentions(scripts, name),
  );
  // TypeScript next to the entry may belong to another program; a start script may run nothing else.
  const own = scripts.filter(({ file }) => isProgram(file) && !(start.kind === 'file' && isTypeScript(file)));
  const reaching = own.filter(
    (script) =>
      besideNamedIn(script, planDir).length > 0 || linked.some(({ name }) => mentions([script], name)),
  );
  const starters = start.kind === 'file' ? own.filter((script) => namesTypeScript(script, planDir)) : [];
  if (reaching.length + starters.length === 0) return { bundle: undefined, beyond: [] };
  if (start.kind === 'file' && entry !== undefined) {
    const graph = new Set(await importedBy(request, [entry]));
    const startsTypeScript = starters.some(({ file }) => graph.has(file));
    if (startsTypeScript || [...graph].some(isTypeScript)) return await bundled(request, entry);
  }
  const looked = [...new Set([...entries, ...reaching.map(({ file }) => relative(planDir, file))])];
  const imported = await importedBy(request, looked).catch((error: unknown) => {
    // The tool that runs a start script may support more than esbuild.
    if (start.kind === 'script' && error instanceof TgError) return [];
    throw error;
  });
  const outside = imported.filter((file) => !isInside(planDir, file));
  return { bundle: undefined, beyond: beyondOf(planDir, scripts, await Promise.all(outside.map(scriptAt))) };
}

function isProgram(file: string): boolean {
  return !file.endsWith('.json');
}

async function bundled(request: CompileRequest, entry: string): Promise<Compilation> {
  const bundle = await bundleOf({ ...request, entry });
  const outside = bundle.sources.filter((file) => !isInside(request.planDir, file));
  const read = new Set(bundle.sources);
  const beyond = beyondOf(request.planDir, request.scripts, await Promise.all(outside.map(scriptAt)));
  return { bundle, beyond: beyond.filter((file) => !read.has(file)) };
}

/** The existing entry files of a plan, below its folder. */
function entriesOf({ planDir, start, files }: CompileRequest): string[] {
  if (start.kind === 'file') return isPlainFile(join(planDir, start.entry)) ? [start.entry] : [];
  const words = new Set(start.line.split(/[\s"'=;&|]+/).map((word) => word.replace(/^\.\//, '')));
  return files.map(({ path }) => path).filter((path) => words.has(path) && /\.[cm]?[jt]sx?$/.test(path));
}

/** Files outside the plan that its scripts name, and its imports outside with the files that these name. */
function beyondOf(planDir: string, scripts: readonly Script[], outside: readonly Script[]): string[] {
  const named = [...scripts, ...outside].flatMap((script) => besideNamedIn(script, planDir));
  const all = [...outside.map(({ file }) => file), ...named];
  return [...new Set(all.filter((file) => !isInside(planDir, file) && !isInstalled(planDir, file)))].sort();
}
