import { readFile } from 'node:fs/promises';
import { dirname, extname, join, normalize } from 'node:path';
import type { SourceFile } from './sources.ts';

/** How sources import an SDK, by the endings of their names. What stands in a comment or a text does not count. */
const imports: Readonly<Record<string, RegExp>> = {
  '.go': /^\s*(?:import\s+)?(?:[\w.]+\s+)?"github\.com\/testground\/sdk-go\//m,
  '.rs': /^\s*(?:pub\s+)?(?:use|extern\s+crate)\s+(?:::)?testground\b|^[^/"]*\btestground::client::/m,
};
const importsInJavaScript =
  /^[^'"/]*\b(?:from|import|require)\b\s*\(?\s*['"](?:@testground\/sdk|testground-tg\/sdk)['"]/m;
const isJavaScript = (path: string) => /\.[cm]?[jt]sx?$/.test(path);

/** The files that a tool reads without being told their names. */
const readBy: readonly (readonly [tool: RegExp, reads: (path: string) => boolean])[] = [
  [/\bgo\s+(?:build|run|install)\b/, (path) => extname(path) === '.go'],
  [/\bcargo\b/, (path) => extname(path) === '.rs'],
  [/\b(?:npm|npx|pnpm|yarn|tsc)\b/, (path) => isJavaScript(path) || path === 'package.json'],
  [/\bmake\b/, (path) => /^(?:GNU)?[Mm]akefile$/.test(path)],
];

/** No more of one file is looked at, in bytes: a source that is longer was generated. */
const mostBytes = 1024 * 1024;

/**
 * Whether a plan whose build is not known in detail uses an SDK: whether one of its sources that are used imports one. Those are used that
 * its lines for the shell name, or that a tool in them reads; and those that are named there in turn.
 * @param root the folder of the plan.
 * @param files its files, as listSources gives them.
 * @param lines how it is built and started.
 */
export async function importsSdk(
  root: string,
  files: readonly SourceFile[],
  lines: readonly string[],
): Promise<boolean> {
  const paths = files.filter(({ size }) => size <= mostBytes).map(({ path }) => path);
  const left = new Set(paths);
  const next = lines.flatMap((line) => namedIn(line, '.', left));
  for (const path of next) {
    const text = await readFile(join(root, path), 'utf8').catch(() => '');
    if (text.includes('\0')) continue;
    const pattern = isJavaScript(path) ? importsInJavaScript : imports[extname(path)];
    if (pattern?.test(text)) return true;
    next.push(...namedIn(text, dirname(path), left));
  }
  return false;
}

/**
 * The files that a text names or has a tool read, by their paths in the plan or from the text's own folder; a folder that is named stands for
 * all that is in it.
 * @param left those that were not named before; those that are named now are taken out.
 */
function namedIn(text: string, folder: string, left: Set<string>): string[] {
  const words = new Set(text.match(/[\w@.+/-]+/g));
  const named = new Set([...words].flatMap((word) => [normalize(word), normalize(join(folder, word))]));
  const tools = readBy.filter(([tool]) => tool.test(text));
  const found = [...left].filter(
    (path) => tools.some(([, reads]) => reads(path)) || foldersOf(path).some((place) => named.has(place)),
  );
  for (const path of found) left.delete(path);
  return found;
}

/** A path, and the folders in which it lies. */
function foldersOf(path: string): string[] {
  const above = dirname(path);
  return above === '.' ? [path, `${path}/`] : [path, `${path}/`, ...foldersOf(above)];
}
