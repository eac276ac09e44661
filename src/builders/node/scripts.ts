import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { isInside } from '../sources/inside.ts';
import type { SourceFile } from '../sources/sources.ts';

/** A source in JavaScript or TypeScript, or a tsconfig.json. */
export interface Script {
  /** An absolute path. */
  readonly file: string;
  readonly text: string;
}

/** Whether Node needs a compiler for a file. */
export function isTypeScript(file: string): boolean {
  return /\.[cm]?tsx?$/.test(file) && !/\.d\.[cm]?ts$/.test(file);
}

/** A source that is longer, in bytes, was generated. */
const mostBytes = 1024 * 1024;
const isScript = (path: string) => /\.[cm]?[jt]sx?$/.test(path) || /(?:^|\/)tsconfig[^/]*\.json$/.test(path);

/** The scripts among a plan's files. */
export async function scriptsOf(planDir: string, files: readonly SourceFile[]): Promise<Script[]> {
  const wanted = files.filter(
    ({ path, kind, size }) => kind !== 'folder' && size <= mostBytes && isScript(path),
  );
  return await Promise.all(wanted.map(({ path }) => scriptAt(join(planDir, path))));
}

/** A script; without a text where it cannot be read. */
export async function scriptAt(file: string): Promise<Script> {
  return { file, text: await readFile(file, 'utf8').catch(() => '') };
}

/** Relative paths between quotes. */
const relativePath = /(["'`])(\.{1,2}(?:\/[^"'`\n\\$]{0,1024})?)\1/g;

/** The relative paths that stand between quotes in a script, from its own folder; also in pieces, where they are joined. */
function relativePathsIn({ file, text }: Script): string[] {
  const paths = [...text.matchAll(relativePath)].map(([, , path = '']) => path);
  return [...paths, ...joinedPathsIn(text)].map((path) => resolve(dirname(file), path));
}

const joinCall = /\b(?:join|resolve)\s*\(([^()]{0,1024})\)/g;
const pieces = /^\s*(?:[\w.]+\s*,)?((?:\s*(?:'[^']*'|"[^"]*"|`[^`$]*`)\s*,?)+)/;

/** What calls of join() and resolve() put together, as far as it stands there: `join(__dirname, '..', 'data', name)`. */
function joinedPathsIn(text: string): string[] {
  return [...text.matchAll(joinCall)].flatMap(([, words = '']) => {
    const [, quoted = ''] = pieces.exec(words) ?? [];
    const parts = [...quoted.matchAll(/(['"`])(.*?)\1/g)].map(([, , part = '']) => part);
    return parts[0]?.startsWith('..') ? [join(...parts)] : [];
  });
}

/** The files beside the plan that a script names by their relative paths, with whatever ending Node and compilers find them. */
export function besideNamedIn(script: Script, planDir: string): string[] {
  const paths = [...new Set(relativePathsIn(script))].filter((path) => !isInside(planDir, path));
  return paths
    .flatMap((path) => [...variantsOf(path), ...startsOfFolder.map((name) => join(path, name))])
    .filter((path) => kindOf(path) === 'file');
}

/** What a folder's name may stand for. */
const startsOfFolder = ['index.js', 'index.cjs', 'index.mjs', 'index.json', 'index.ts', 'package.json'];

/** More entries of one folder are not linked. */
const mostEntries = 500;

/** What scripts of a plan name by its relative path and that lies beside the plan: files, folders, all that a folder above holds. */
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

/** What lies in a folder above the plan: a script may join its name to the folder's. */
function entriesOf(folder: string, planDir: string): string[] {
  if (folder === sep) return [];
  const paths = readdirSync(folder).map((name) => join(folder, name));
  return paths.length > mostEntries ? [] : paths.filter((path) => !isInside(path, planDir));
}

const endings = ['.js', '.cjs', '.mjs', '.json', '.node', '.ts', '.mts', '.cts', '.tsx', '.jsx'];

/** The paths that a path without an ending may mean. */
function variantsOf(path: string): string[] {
  return [path, ...twinsOf(path), ...endings.map((ending) => path + ending)];
}

/** The TypeScript behind the name of an output. */
function twinsOf(path: string): string[] {
  if (!/\.[cm]?jsx?$/.test(path)) return [];
  return [...new Set([path.replace(/js(x?)$/, 'ts$1'), path.replace(/\.js$/, '.tsx')])];
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  try {
    const there = statSync(path);
    return there.isFile() ? 'file' : there.isDirectory() ? 'folder' : undefined;
  } catch {
    // Not there, or below a file.
    return undefined;
  }
}

/** Names of scripts between quotes, below the script's folder or the plan's, after what imports them. */
const scriptName =
  /(\bfrom\s{0,9}|\bimport\s{0,9}\(?\s{0,9}|\brequire\s{0,9}\(\s{0,9})?(["'`])((?:\.{1,2}\/)*[\w@+][\w@+./ -]{0,255}\.[cm]?[jt]sx?)\2/g;

/** A script that another one names. */
interface NamedScript {
  readonly name: string;
  readonly file: string;
  /** Whether it is named to be imported, and nowhere else. */
  readonly isImport: boolean;
}

/** The scripts that a script names, as far as they are there; TypeScript also where its output is named. */
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

/** The scripts that a script names other than to import them: it may start them as worker threads or processes. */
export function scriptsStartedIn(script: Script, planDir: string): NamedScript[] {
  return scriptsNamedIn(script, planDir).filter(({ isImport }) => !isImport);
}

/** Whether a script names one in TypeScript that is there. */
export function namesTypeScript(script: Script, planDir: string): boolean {
  // Most name none: that is quick to see.
  if (!/\.[cm]?tsx?["'`]/.test(script.text)) return false;
  return scriptsNamedIn(script, planDir).some(({ file }) => isTypeScript(file));
}

/** Whether scripts name a package between quotes, or a file in it. */
export function mentions(scripts: readonly Script[], name: string): boolean {
  const quoted = ['"', "'", '`'].flatMap((quote) => [`${quote}${name}${quote}`, `${quote}${name}/`]);
  return scripts.some(({ text }) => quoted.some((word) => text.includes(word)));
}
