import { dirname, join, normalize } from 'node:path';
import type { ImportKind, Metafile } from 'esbuild';
import { isPlainFile } from '../../plain-file.ts';

/** An import in a plan's source. */
export interface ImportSite {
  /** The file, below the plan's folder. */
  readonly file: string;
  /** The imported path: a package, a builtin module or, unresolved, another file. */
  readonly path: string;
  /** Whether the plan cannot start without it. import() may be optional, and so may an indented require(). */
  readonly needed: boolean;
  readonly kind: 'import' | 'require' | 'dynamic';
}

/** Maps esbuild's kinds of imports. */
function kindOf(kind: ImportKind | 'file-loader'): ImportSite['kind'] {
  if (kind === 'dynamic-import') return 'dynamic';
  return kind.startsWith('require') ? 'require' : 'import';
}

/** The imports of a bundle that are resolved at runtime. */
export function importsOfBundle(entry: string, { inputs }: Metafile): ImportSite[] {
  // Iteration over a set includes elements added meanwhile.
  const needed = new Set([entry]);
  for (const file of needed) {
    for (const { path, kind, external } of inputs[file]?.imports ?? [])
      if (!external && kind === 'import-statement') needed.add(path);
  }
  // All matches of a pattern (`./cases/*.js`) exist.
  return Object.entries(inputs).flatMap(([file, { imports }]) =>
    imports
      .filter(({ external }) => external)
      .map(({ path, kind }) => ({
        file,
        path,
        needed: kind !== 'dynamic-import' && needed.has(file),
        kind: kindOf(kind),
      })),
  );
}

/**
 * The imports of JavaScript that runs unbundled: of the entry, and of files that it imports or requires by a
 * literal path. Targets of import() are not analyzed, since they may never be loaded.
 * @param compile parses one file, unbundled; throws for a syntax error.
 */
export async function importsOfJavaScript(
  planDir: string,
  entry: string,
  compile: (file: string) => Promise<Metafile>,
): Promise<ImportSite[]> {
  const files = [{ file: entry, needed: true }];
  const known = new Set([entry]);
  const sites: ImportSite[] = [];
  for (const { file, needed } of files) {
    const imports = Object.values((await compile(file)).outputs).flatMap((output) => output.imports);
    for (const { path, kind } of imports) {
      const itsNeeded = needed && kind !== 'dynamic-import';
      sites.push({ file, path, needed: itsNeeded, kind: kindOf(kind) });
      const next = kind === 'dynamic-import' ? undefined : scriptAt(planDir, join(dirname(file), path), path);
      if (next === undefined || known.has(next)) continue;
      known.add(next);
      files.push({ file: next, needed: itsNeeded && kind === 'import-statement' });
    }
  }
  return sites;
}

/** Resolves a relative path to a script as Node does; undefined if it is missing or not a script. */
function scriptAt(planDir: string, place: string, path: string): string | undefined {
  if (!/^\.{1,2}\//.test(path)) return undefined;
  const candidates = ['', '.js', '.cjs', '/index.js'].map((ending) => normalize(place + ending));
  return candidates.find((file) => /\.[cm]?js$/.test(file) && isPlainFile(join(planDir, file)));
}
