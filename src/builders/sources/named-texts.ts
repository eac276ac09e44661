import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import * as z from 'zod';
import { isPlainFile } from '../plain-file.ts';

/** A text that names files a plan needs. */
export interface NamedText {
  /** A line of the plan's configuration, a shell script that such a line starts, or a program in another language. */
  readonly kind: 'line' | 'script' | 'program';
  /** Its name for messages: a file below the plan's folder, or a description of a line. */
  readonly name: string;
  /** The folder that relative paths in it may start from, below the plan's folder. */
  readonly folder: string;
  readonly text: string;
}

/** The maximum number of bytes read of a file; a larger source is assumed to be generated. */
const maxBytes = 1024 * 1024;
/** The maximum number of files read. */
const maxFiles = 200;
/** The maximum number of words of one text that are taken for file names. */
const maxWords = 10_000;

/** The words of a text that may be paths. */
export function pathWordsIn(text: string): string[] {
  return [...new Set(text.match(/[\w@%+:,.~/-]+/g))].map((word) => normalize(word).replace(/\/$/, ''));
}

/** Shell lines, with a name for messages. */
export interface NamingLines {
  /** Their working directory. */
  readonly root: string;
  readonly lines: readonly string[];
  /** The name for messages: `its build or run line`. */
  readonly called: string;
}

/** Shell lines and the plan's files that they name: scripts, transitively, and programs. */
export async function textsNamedBy({ root, lines, called }: NamingLines): Promise<NamedText[]> {
  const texts: NamedText[] = lines.map((text) => ({ kind: 'line', name: called, folder: '.', text }));
  const seen = new Set<string>();
  for (const named of texts) {
    if (named.kind === 'program') continue;
    for (const path of filesNamedBy(root, named)) {
      if (seen.has(path) || seen.size === maxFiles) continue;
      seen.add(path);
      const text = await textAt(root, path, named);
      if (text !== undefined) texts.push(text);
    }
  }
  return texts;
}

/** The files that a tool reads without being given their names. */
const readByTools: readonly (readonly [tool: RegExp, files: readonly string[]])[] = [
  [/\bmake\b/, ['GNUmakefile', 'makefile', 'Makefile']],
  [/\b(?:npm|pnpm|yarn|bun)\b/, ['package.json']],
];

function filesNamedBy(root: string, { folder, text }: NamedText): string[] {
  const words = pathWordsIn(text)
    .slice(0, maxWords)
    .flatMap((word) => [word, normalize(join(folder, word))]);
  const byTools = readByTools.flatMap(([tool, files]) => (tool.test(text) ? files : []));
  return [...new Set([...words, ...byTools])].filter(
    (word) => !/^(?:\/|\.\.(?:\/|$))/.test(word) && isPlainFile(join(root, word)),
  );
}

async function textAt(root: string, path: string, namedBy: NamedText): Promise<NamedText | undefined> {
  const file = join(root, path);
  if (((await stat(file).catch(() => undefined))?.size ?? 0) > maxBytes) return undefined;
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

/** The scripts of a package.json, one per line. */
function scriptsOfPackage(text: string): string {
  try {
    return Object.values(packageSchema.parse(JSON.parse(text.replace(/^\uFEFF/, ''))).scripts).join('\n');
  } catch {
    // Errors are reported where the file is used.
    return '';
  }
}
