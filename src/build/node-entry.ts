import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { messageOf, TgError } from '../errors.ts';

const usual = ['index', 'main', 'plan', 'src/index', 'src/main'].flatMap((stem) =>
  ['.ts', '.mts', '.js', '.mjs', '.cjs'].map((ending) => stem + ending),
);

/**
 * The file with which a Node plan starts, below the plan's folder: what the configuration names, else `main` of its
 * package.json, else the first of the usual names.
 * @throws TgError (build) when there is none.
 */
export function findEntry(planDir: string, configured: string | undefined): string {
  if (configured !== undefined) {
    if (isAbsolute(configured) || relative(planDir, join(planDir, configured)).startsWith('..')) {
      throw new TgError('build', `the entry "${configured}" is not inside the plan`, {
        where: planDir,
        hint: 'Name a file by its path below the plan’s folder.',
      });
    }
    if (existsSync(join(planDir, configured))) return configured;
    throw new TgError('build', `the entry "${configured}" does not exist`, {
      where: planDir,
      hint: 'Correct entry, in [builders."exec:node"] of the manifest or --build-cfg entry=FILE.',
    });
  }
  const main = mainOf(planDir);
  const entry = [...(main === undefined ? [] : [main, `${main}.js`, `${main}/index.js`]), ...usual].find(
    (name) => existsSync(join(planDir, name)),
  );
  if (entry !== undefined) return entry;
  throw new TgError(
    'build',
    'the plan has no entry: no main in a package.json, and none of the usual files',
    {
      where: planDir,
      hint: 'Name the file with entry, in [builders."exec:node"] of the manifest or --build-cfg entry=FILE.',
    },
  );
}

function mainOf(planDir: string): string | undefined {
  return packageField(planDir, 'main');
}

/** The name in a plan's package.json: a package may import itself by it. */
export function packageNameIn(planDir: string): string | undefined {
  return packageField(planDir, 'name');
}

function packageField(planDir: string, field: 'main' | 'name'): string | undefined {
  const file = join(planDir, 'package.json');
  if (!existsSync(file)) return undefined;
  try {
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const value =
      typeof json === 'object' && json !== null ? (json as Record<string, unknown>)[field] : undefined;
    return typeof value === 'string' ? value : undefined;
  } catch (cause) {
    throw new TgError('build', messageOf(cause), { where: file, cause });
  }
}
