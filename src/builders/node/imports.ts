import { dirname, join, normalize } from 'node:path';
import type { ImportKind, Metafile } from 'esbuild';
import { isPlainFile } from '../plain-file.ts';

/** An import as it stands in a plan's source. */
export interface ImportSite {
  /** The file, below the plan's folder. */
  readonly file: string;
  /** What it names: a package, a builtin, or, unresolved, another file. */
  readonly path: string;
  /** Whether the plan cannot start without it: import() may be an attempt. A require() is one too, unless it stands unindented. */
  readonly needed: boolean;
  readonly kind: 'import' | 'require' | 'dynamic';
}

/** What esbuild calls the ways to import. */
function kindOf(kind: ImportKind | 'file-loader'): ImportSite['kind'] {
  if (kind === 'dynamic-import') return 'dynamic';
  return kind.startsWith('require') ? 'require' : 'import';
}

/** The imports of a bundle that were left to be resolved when the plan runs. */
export function importsOfBundle(entry: string, { inputs }: Metafile): ImportSite[] {
  // A set that grows while it is gone through.
  const needed = new Set([entry]);
  for (const file of needed) {
    for (const { path, kind, external } of inputs[file]?.imports ?? [])
      if (!external && kind === 'import-statement') needed.add(path);
  }
  // Whatever is among the imports of a pattern (`./cases/*.js`) is there.
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
 * The imports of JavaScript that is run as it is: of the entry, and of the files that it imports or requires by a
 * literal path. What import() loads is not looked at: it may never be loaded.
 * @param compile reads one file, unbundled; throws for a broken one.
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

/** The script that a relative path means, as Node finds it; undefined for what is none, or not there. */
function scriptAt(planDir: string, place: string, path: string): string | undefined {
  if (!/^\.{1,2}\//.test(path)) return undefined;
  const candidates = ['', '.js', '.cjs', '/index.js'].map((ending) => normalize(place + ending));
  return candidates.find((file) => /\.[cm]?js$/.test(file) && isPlainFile(join(planDir, file)));
}
