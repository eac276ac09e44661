import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import * as z from 'zod';
import { isPlainFile } from '../plain-file.ts';

/** A text that says what a plan needs. */
export interface NamedText {
  /** A line of the plan's configuration; a script for the shell that such a line starts; a program in another language. */
  readonly kind: 'line' | 'script' | 'program';
  /** What it is called: a file, below the plan's folder; of a line, in words. */
  readonly name: string;
  /** Where relative paths in it may begin, below the plan's folder. */
  readonly folder: string;
  readonly text: string;
}

/** No more of one file is looked at, in bytes: a source that is longer was generated. */
const mostBytes = 1024 * 1024;
/** No more files are looked at. */
const mostFiles = 200;
/** No more words of one text are taken for names of files. */
const mostWords = 10_000;

/** The words of a text that may be paths. */
export function pathWordsIn(text: string): string[] {
  return [...new Set(text.match(/[\w@%+:,.~/-]+/g))].map((word) => normalize(word).replace(/\/$/, ''));
}

/** Lines for the shell, and what they are called. */
export interface NamingLines {
  /** The folder in which they are carried out. */
  readonly root: string;
  readonly lines: readonly string[];
  /** In words: `its build or run line`. */
  readonly called: string;
}

/**
 * Lines for the shell, and the files of a plan that they name: scripts, with the files that those name in turn, and programs.
 */
export async function textsNamedBy({ root, lines, called }: NamingLines): Promise<NamedText[]> {
  const texts: NamedText[] = lines.map((text) => ({ kind: 'line', name: called, folder: '.', text }));
  const seen = new Set<string>();
  for (const named of texts) {
    if (named.kind === 'program') continue;
    for (const path of filesNamedBy(root, named)) {
      if (seen.has(path) || seen.size === mostFiles) continue;
      seen.add(path);
      const text = await textAt(root, path, named);
      if (text !== undefined) texts.push(text);
    }
  }
  return texts;
}

/** The files that a tool reads without being told their names. */
const readByTools: readonly (readonly [tool: RegExp, files: readonly string[]])[] = [
  [/\bmake\b/, ['GNUmakefile', 'makefile', 'Makefile']],
  [/\b(?:npm|pnpm|yarn|bun)\b/, ['package.json']],
];

function filesNamedBy(root: string, { folder, text }: NamedText): string[] {
  const words = pathWordsIn(text)
    .slice(0, mostWords)
    .flatMap((word) => [word, normalize(join(folder, word))]);
  const byTools = readByTools.flatMap(([tool, files]) => (tool.test(text) ? files : []));
  return [...new Set([...words, ...byTools])].filter(
    (word) => !/^(?:\/|\.\.(?:\/|$))/.test(word) && isPlainFile(join(root, word)),
  );
}

async function textAt(root: string, path: string, namedBy: NamedText): Promise<NamedText | undefined> {
  const file = join(root, path);
  if (((await stat(file).catch(() => undefined))?.size ?? 0) > mostBytes) return undefined;
  const text = await readFile(file, 'utf8').catch(() => '\0');
  if (text.includes('\0')) return undefined;
  const found = { name: path, folder: dirname(path) };
  if (basename(path) === 'package.json') return { kind: 'script', ...found, text: scriptsOfPackage(text) };
  if (!isForShell(path, text, namedBy)) return { kind: 'program', ...found, text };
  return { kind: 'script', ...found, text: text.replaceAll(/(?<=^|\s)#.*$/gm, '') };
}

function isForShell(path: string, text: string, { text: naming }: NamedText): boolean {
  if (/\.(?:ba|da|k|z)?sh$|(?:^|\/)(?:GNUm|m|M)akefile$|\.mk$/.test(path)) return true;
  if (/^#!.*\b(?:ba|da|k|z)?sh\b/.test(text)) return true;
  const started = [...naming.matchAll(/(?:^|[\s;&|(])(?:(?:ba|da|k|z)?sh|source|\.)\s+([\w@%+:,.~/-]+)/g)];
  return started.some(([, word = '']) => normalize(word) === path);
}

const packageSchema = z.looseObject({ scripts: z.record(z.string(), z.string()) });

/** The scripts of a package.json, a line each. */
function scriptsOfPackage(text: string): string {
  try {
    return Object.values(packageSchema.parse(JSON.parse(text.replace(/^\uFEFF/, ''))).scripts).join('\n');
  } catch {
    // What is wrong with it is said where it is used.
    return '';
  }
}
