import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { TgError } from '../../util/errors.ts';
import type { SourceFile } from '../sources/sources.ts';
import type { GoPackage } from './list.ts';

/**
 * Checks that the package is a program: `go build` compiles any other package to a library, which cannot be
 * started.
 * @param dir the folder with the plan's go.mod.
 * @throws TgError (build) with the plan's programs.
 */
export function checkIsProgram(
  packages: readonly GoPackage[],
  dir: string,
  files: readonly SourceFile[],
  planDir: string,
): void {
  const asked = packages.filter(({ isAsked }) => isAsked);
  const library = asked.find(({ name }) => name !== 'main' && name !== '');
  const isEmpty = asked.length > 0 && asked.every(({ name, foreign }) => name === '' && foreign.length === 0);
  if (library === undefined && !isEmpty) return;
  const programs = programsIn(planDir, dir, files);
  const place = asked.map((each) => placeOf(relative(realpathSync(dir), each.dir)))[0] ?? '.';
  // Go itself reports best why it cannot read a program.
  if (library === undefined && (programs.length === 0 || programs.includes(place))) return;
  const what = library === undefined ? 'there is no program in' : `package ${library.name} is not a program:`;
  throw new TgError('build', `${what} ${asked[0]?.dir}`, { where: dir, hint: hintOf(programs) });
}

function hintOf(programs: readonly string[]): string {
  const [first] = programs;
  if (first === undefined) return 'A plan is a program: its package is main and has a function main.';
  const others = programs.length > 1 ? ` The plan’s programs: ${programs.join(', ')}.` : '';
  return `Name the package to build: --build-cfg exec_pkg=${first}, or exec_pkg in the manifest.${others}`;
}

/** The packages of a plan that are programs, as arguments of `go build`. */
function programsIn(planDir: string, dir: string, files: readonly SourceFile[]): string[] {
  const sources = files.filter(
    ({ path }) => path.endsWith('.go') && !/_test\.go$|(^|\/)(vendor|testdata)\//.test(path),
  );
  const mains = sources.filter(({ path }) => isMain(join(planDir, path)));
  const folders = mains.map(({ path }) => relative(dir, join(planDir, dirname(path))));
  const below = folders.filter((folder) => folder.split('/')[0] !== '..');
  return [...new Set(below)].sort().map(placeOf);
}

function placeOf(folder: string): string {
  return folder === '' ? '.' : `./${folder}`;
}

function isMain(file: string): boolean {
  const text = readFileSync(file, 'utf8');
  return /^package main\b/m.test(text) && !/^\/\/go:build ignore\b|^\/\/ \+build ignore\b/m.test(text);
}
