import { join, relative } from 'node:path';
import { TgError } from '../../util/errors.ts';
import { isPlainFile } from '../plain-file.ts';
import { isInside } from '../sources/inside.ts';
import type { SourceFile } from '../sources/sources.ts';
import { type Bundle, type BundleRequest, bundleOf } from './bundle.ts';
import { isInstalled } from './bundle-packages.ts';
import type { NodeEntry } from './entry.ts';
import { linkedPackages } from './modules.ts';
import { besideNamedIn, isTypeScript, mentions, namesTypeScript, type Script, scriptAt } from './scripts.ts';
import { importedBy } from './survey.ts';

/** What a compiler has to do for a plan, and what it reads. */
export interface Compilation {
  /** Undefined where the plan is run as it is. */
  readonly bundle: Bundle | undefined;
  /** Files beside the plan that count and are not in the bundle. */
  readonly beyond: readonly string[];
}

interface CompileRequest extends Omit<BundleRequest, 'entry'> {
  readonly start: NodeEntry;
  readonly files: readonly SourceFile[];
  /** The plan's scripts, below `planDir`. */
  readonly scripts: readonly Script[];
}

/**
 * Bundles a plan in TypeScript, and one in JavaScript that reaches TypeScript: in a package that is a link to its sources, beside the plan, in a
 * worker.
 * @throws TgError (build) with the compiler's words.
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
  // TypeScript beside the entry may belong to another program; what a start script runs may be all there is.
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
    // Whatever runs a start script may do more than our compiler.
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

/** The files below the plan's folder with which it starts, as far as they are there. */
function entriesOf({ planDir, start, files }: CompileRequest): string[] {
  if (start.kind === 'file') return isPlainFile(join(planDir, start.entry)) ? [start.entry] : [];
  const words = new Set(start.line.split(/[\s"'=;&|]+/).map((word) => word.replace(/^\.\//, '')));
  return files.map(({ path }) => path).filter((path) => words.has(path) && /\.[cm]?[jt]sx?$/.test(path));
}

/** Files beside the plan that its scripts name, and those of its imports there with the files that these name. */
function beyondOf(planDir: string, scripts: readonly Script[], outside: readonly Script[]): string[] {
  const named = [...scripts, ...outside].flatMap((script) => besideNamedIn(script, planDir));
  const all = [...outside.map(({ file }) => file), ...named];
  return [...new Set(all.filter((file) => !isInside(planDir, file) && !isInstalled(planDir, file)))].sort();
}
