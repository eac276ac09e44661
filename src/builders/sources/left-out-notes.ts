import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TgError } from '../../util/errors.ts';
import { sanitizeTerminalLine } from '../../util/sanitize-terminal.ts';
import { NamedPaths } from './named-paths.ts';
import type { NamedText } from './named-texts.ts';
import type { LeftOut, Sources } from './sources.ts';

/** The maximum number of names in one line. */
const maxNames = 8;

/** Notes on a plan's files: each line covers one kind of file that is not copied. */
export function notesOn(
  planDir: string,
  builder: string,
  { leftOut, linked }: Pick<Sources, 'leftOut' | 'linked'>,
): string[] {
  const others = leftOut.filter((each) => !isExpected(planDir, builder, each));
  return [
    ...(others.length === 0
      ? []
      : [`left out of the plan: ${listed(others.map(({ path, why }) => `${path} (${why})`))}`]),
    ...(linked.length === 0
      ? []
      : [`linked, not copied; a change there does not start a new build: ${listed(linked)}`]),
  ];
}

/**
 * Whether a file is left out without a note: a repository, tool caches such as `.pytest_cache`, and Cargo's output
 * in the sources if Cargo builds the plan.
 */
function isExpected(planDir: string, builder: string, { kind, path }: LeftOut): boolean {
  if (kind === 'repository') return true;
  if (kind !== 'cache') return false;
  const name = basename(path);
  if (name === 'target' && builder === 'exec:rust')
    return existsSync(join(planDir, dirname(path), 'Cargo.toml'));
  return /^(\.\w*cache|__pycache__)$/i.test(name);
}

function listed(names: readonly string[]): string {
  const more = names.length - maxNames;
  return (
    names.slice(0, maxNames).map(sanitizeTerminalLine).join(', ') + (more > 0 ? `, and ${more} more` : '')
  );
}

/** A separator of words in a command, in a shell line or a list of strings. */
const gap = String.raw`["',\s[(]{1,8}`;
const option = String.raw`-{1,2}[\w-]{1,32}(?:=[^\s"',]{0,200})?${gap}(?:[\w./=$~-]{1,200}${gap})?`;

/** A pattern for a version control command that reads a repository. */
function reading(program: string, ...commands: readonly string[]): RegExp {
  return new RegExp(String.raw`\b${program}${gap}(?:${option}){0,8}(?:${commands.join('|')})\b`);
}

/** The commands that read a repository, by its folder. */
const readers: Readonly<Record<string, RegExp>> = {
  '.git': reading(
    'git',
    ...['archive', 'blame', 'branch', 'describe', 'diff', 'log', 'ls-files', 'ls-tree', 'name-rev'],
    ...['rev-list', 'rev-parse', 'shortlog', 'show', 'status', 'submodule', 'symbolic-ref', 'tag'],
  ),
  '.hg': reading(
    'hg',
    'archive',
    'branch',
    'id',
    'identify',
    'log',
    'manifest',
    'status',
    'summary',
    'tags?',
  ),
  '.svn': reading('svn', 'info', 'log', 'list', 'ls', 'status'),
};

/** Warns about each repository that is left out although a command in the copy reads it. */
export function notesOnRepositories(leftOut: readonly LeftOut[], texts: readonly NamedText[]): string[] {
  const named = new NamedPaths(texts);
  const repositories = leftOut.filter(({ kind }) => kind === 'repository').map(({ path }) => path);
  const ofPlan = repositories.filter((path) => dirname(path) === '.');
  return repositories.flatMap((path) => {
    const reader = ofPlan.includes(path) ? readers[path] : undefined;
    const user = named.namedBy(path) ?? texts.find(({ text }) => reader?.test(text));
    return user === undefined
      ? []
      : [`left out of the plan: ${path}, a repository; ${user.name} reads it and does not find it`];
  });
}

/**
 * Checks that paths named by lines and scripts can be copied.
 * @throws TgError (build) for an unreadable path, and for a path named by a line that is neither a file nor a
 * folder.
 */
export function checkNeeded(root: string, leftOut: readonly LeftOut[], texts: readonly NamedText[]): void {
  const [ofLines, ofScripts] = [
    new NamedPaths(texts.filter(({ kind }) => kind === 'line')),
    new NamedPaths(texts.filter(({ kind }) => kind === 'script')),
  ];
  for (const { path, kind, why } of leftOut) {
    if (kind !== 'unreadable' && kind !== 'special') continue;
    // A script may create a pipe or a socket itself.
    const user = ofLines.namedBy(path) ?? (kind === 'unreadable' ? ofScripts.namedBy(path) : undefined);
    if (user === undefined) continue;
    throw new TgError('build', `the plan needs ${path}, which is not copied: ${why}`, {
      where: join(root, path),
      hint: `It is named by ${user.name}. Fix that file, or its permissions.`,
    });
  }
}
