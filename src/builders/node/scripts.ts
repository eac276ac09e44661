import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { isInside } from '../sources/inside.ts';
import type { SourceFile } from '../sources/sources.ts';

/** A source file in JavaScript or TypeScript, or a tsconfig.json. */
export interface Script {
  /** An absolute path. */
  readonly file: string;
  readonly text: string;
}

/** Whether Node needs a compiler for a file. */
export function isTypeScript(file: string): boolean {
  return /\.[cm]?tsx?$/.test(file) && !/\.d\.[cm]?ts$/.test(file);
}

/** Larger sources, in bytes, are assumed to be generated. */
const maxBytes = 1024 * 1024;
const isScript = (path: string) => /\.[cm]?[jt]sx?$/.test(path) || /(?:^|\/)tsconfig[^/]*\.json$/.test(path);

/** The scripts among a plan's files. */
export async function scriptsOf(planDir: string, files: readonly SourceFile[]): Promise<Script[]> {
  const wanted = files.filter(
    ({ path, kind, size }) => kind !== 'folder' && size <= maxBytes && isScript(path),
  );
  return await Promise.all(wanted.map(({ path }) => scriptAt(join(planDir, path))));
}

/** Reads a script; its text is empty if it cannot be read. */
export async function scriptAt(file: string): Promise<Script> {
  return { file, text: await readFile(file, 'utf8').catch(() => '') };
}

/** Relative paths in quotes. */
const relativePath = /(["'`])(\.{1,2}(?:\/[^"'`\n\\$]{0,1024})?)\1/g;

/** The relative paths in quotes in a script, from its own folder, including those joined from parts. */
function relativePathsIn({ file, text }: Script): string[] {
  const paths = [...text.matchAll(relativePath)].map(([, , path = '']) => path);
  return [...paths, ...joinedPathsIn(text)].map((path) => resolve(dirname(file), path));
}

const joinCall = /\b(?:join|resolve)\s*\(([^()]{0,1024})\)/g;
const pieces = /^\s*(?:[\w.]+\s*,)?((?:\s*(?:'[^']*'|"[^"]*"|`[^`$]*`)\s*,?)+)/;

/**
 * Paths joined by calls of join() and resolve(), up to the first variable part: `join(__dirname, '..', 'data',
 * name)`.
 */
function joinedPathsIn(text: string): string[] {
  return [...text.matchAll(joinCall)].flatMap(([, message = '']) => {
    const [, quoted = ''] = pieces.exec(message) ?? [];
    const parts = [...quoted.matchAll(/(['"`])(.*?)\1/g)].map(([, , part = '']) => part);
    return parts[0]?.startsWith('..') ? [join(...parts)] : [];
  });
}

/**
 * The files outside the plan that a script names by relative path, with all extensions that Node and compilers try.
 */
export function besideNamedIn(script: Script, planDir: string): string[] {
  const paths = [...new Set(relativePathsIn(script))].filter((path) => !isInside(planDir, path));
  return paths
    .flatMap((path) => [...variantsOf(path), ...startsOfFolder.map((name) => join(path, name))])
    .filter((path) => kindOf(path) === 'file');
}

/** Files that the name of a folder may stand for. */
const startsOfFolder = ['index.js', 'index.cjs', 'index.mjs', 'index.json', 'index.ts', 'package.json'];

/** The maximum number of entries linked from one folder. */
const maxEntries = 500;

/** The paths outside the plan that its scripts name: files, folders, and the contents of a parent folder. */
export function besideOf(planDir: string, scripts: readonly Script[]): string[] {
  const named = scripts.filter(({ text }) => text.includes('..')).flatMap(relativePathsIn);
  const outside = [...new Set(named)].filter((path) => !isInside(planDir, path));
  const found = outside.flatMap(variantsOf).flatMap((path) => {
    const kind = kindOf(path);
    if (kind === undefined) return [];
    return kind === 'folder' && isInside(path, planDir) ? entriesOf(path, planDir) : [path];
  });
  return [...new Set(found)].sort();
}

/** The entries of a folder above the plan, since a script may join their names to the folder. */
function entriesOf(folder: string, planDir: string): string[] {
  if (folder === sep) return [];
  const paths = readdirSync(folder).map((name) => join(folder, name));
  return paths.length > maxEntries ? [] : paths.filter((path) => !isInside(path, planDir));
}

const endings = ['.js', '.cjs', '.mjs', '.json', '.node', '.ts', '.mts', '.cts', '.tsx', '.jsx'];

/** The paths that a path without an extension may refer to. */
function variantsOf(path: string): string[] {
  return [path, ...twinsOf(path), ...endings.map((ending) => path + ending)];
}

/** The TypeScript sources of an output file. */
function twinsOf(path: string): string[] {
  if (!/\.[cm]?jsx?$/.test(path)) return [];
  return [...new Set([path.replace(/js(x?)$/, 'ts$1'), path.replace(/\.js$/, '.tsx')])];
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  try {
    const there = statSync(path);
    return there.isFile() ? 'file' : there.isDirectory() ? 'folder' : undefined;
  } catch {
    // Missing, or below a file.
    return undefined;
  }
}

/** Script names in quotes, relative to the script's folder or the plan's, with a preceding import keyword. */
const scriptName =
  /(\bfrom\s{0,9}|\bimport\s{0,9}\(?\s{0,9}|\brequire\s{0,9}\(\s{0,9})?(["'`])((?:\.{1,2}\/)*[\w@+][\w@+./ -]{0,255}\.[cm]?[jt]sx?)\2/g;

/** A script named by another one. */
interface NamedScript {
  readonly name: string;
  readonly file: string;
  /** Whether it is only named in imports. */
  readonly isImport: boolean;
}

/** The existing scripts that a script names; TypeScript also by its output. */
function scriptsNamedIn({ file, text }: Script, planDir: string): NamedScript[] {
  const imports = new Map<string, boolean>();
  for (const [, importing, , name = ''] of text.matchAll(scriptName))
    imports.set(name, importing !== undefined && imports.get(name) !== false);
  return [...imports].flatMap(([name, isImport]) => {
    const places = [resolve(dirname(file), name), resolve(planDir, name)];
    const variants = places.flatMap((place) => [place, ...twinsOf(place)]);
    const found = variants.find((path) => kindOf(path) === 'file');
    return found === undefined ? [] : [{ name, file: found, isImport }];
  });
}

/** The scripts that a script names outside of imports: it may start them as worker threads or processes. */
export function scriptsStartedIn(script: Script, planDir: string): NamedScript[] {
  return scriptsNamedIn(script, planDir).filter(({ isImport }) => !isImport);
}

/** Whether a script names an existing TypeScript file. */
export function namesTypeScript(script: Script, planDir: string): boolean {
  // A fast check, since most scripts name none.
  if (!/\.[cm]?tsx?["'`]/.test(script.text)) return false;
  return scriptsNamedIn(script, planDir).some(({ file }) => isTypeScript(file));
}

/** Whether scripts name a package, or a file in it, in quotes. */
export function mentions(scripts: readonly Script[], name: string): boolean {
  const quoted = ['"', "'", '`'].flatMap((quote) => [`${quote}${name}${quote}`, `${quote}${name}/`]);
  return scripts.some(({ text }) => quoted.some((word) => text.includes(word)));
}
