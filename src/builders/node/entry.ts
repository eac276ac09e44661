import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TgError } from '../../util/errors.ts';
import { insidePlan } from '../config-values.ts';
import { isPlainFile } from '../plain-file.ts';
import type { NodePackage } from './package.ts';
import { isTypeScript } from './scripts.ts';
import { isPlainLine, plainStart, startScript, typeScriptRunBy } from './start.ts';

const endings = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];
const usual = [
  ...['index', 'main', 'plan', 'src/index', 'src/main'].flatMap((stem) =>
    endings.map((ending) => stem + ending),
  ),
  // npm runs it if there is no start script.
  'server.js',
];

/** How a Node plan is started. */
export type NodeEntry = FileEntry | ScriptEntry;

/** A file that Node runs. */
export interface FileEntry {
  readonly kind: 'file';
  /** Below the plan's folder. */
  readonly entry: string;
  /** The flags of Node. */
  readonly flags: readonly string[];
  /** The arguments of the program. */
  readonly args: readonly string[];
  /** Shell lines that build it first, in the plan's copy. */
  readonly before: readonly string[];
}

/** A shell line. */
export interface ScriptEntry {
  readonly kind: 'script';
  readonly line: string;
  /** The TypeScript files, below the plan's folder, that it runs with Node itself. */
  readonly typeScript: readonly string[];
  /** The one that is bundled; undefined if the line cannot be adapted. */
  readonly bundled: string | undefined;
  readonly before: readonly string[];
}

/**
 * Determines how a Node plan starts: the configured file, else the `start` script of its package.json (docker:node
 * ran `npm start`), else its `main`, else the first of the usual names.
 * @throws TgError (build) if there is none.
 */
export function findEntry(planDir: string, configured: string | undefined, manifest: NodePackage): NodeEntry {
  if (configured !== undefined) {
    insidePlan(planDir, configured, 'entry');
    return fileEntry(configured);
  }
  const start = startScript(manifest);
  if (start !== undefined) return startEntry(planDir, start.line, start.before, manifest);
  const { main } = manifest;
  const entry = [...(main === undefined ? [] : [main, `${main}.js`, `${main}/index.js`]), ...usual].find(
    (name) => isPlainFile(join(planDir, name)),
  );
  if (entry !== undefined) return fileEntry(entry);
  throw new TgError(
    'build',
    'the plan has no entry: no start script or main in a package.json, and none of the usual files',
    {
      where: planDir,
      hint: 'Name the file with entry, in [builders."exec:node"] of the manifest or --build-cfg entry=FILE.',
    },
  );
}

function startEntry(
  planDir: string,
  asked: string,
  before: readonly string[],
  { scripts, main }: NodePackage,
): NodeEntry {
  const line = main !== undefined && isTypeScript(main) ? withMain(asked, main) : asked;
  const plain = plainStart(line);
  if (plain === undefined) return { kind: 'script', line, ...typeScriptIn(line, planDir), before };
  const isMadeAtInstallation = ['install', 'postinstall', 'prepare'].some((name) => scripts[name]);
  if (existsSync(join(planDir, plain.entry)) || before.length > 0 || isMadeAtInstallation)
    return { kind: 'file', ...plain, before };
  // A missing file may be created by `build`.
  if (scripts['build']) return { kind: 'file', ...plain, before: ['npm run --silent build'] };
  throw new TgError('build', `the start script runs ${plain.entry}, which does not exist`, {
    where: join(planDir, 'package.json'),
    hint: 'Correct the script, or name the file with entry: --build-cfg entry=FILE. Files that must be generated first belong in a "prestart" or "build" script.',
  });
}

/** Replaces `node .` by `node` with the main file. */
function withMain(line: string, main: string): string {
  return line.replace(
    /^(node(?: +--[\w-]+(?:=\S+)?)*) +\.\/?(?= |$)/,
    (_, node: string) => `${node} ${main}`,
  );
}

function typeScriptIn(line: string, planDir: string): Pick<ScriptEntry, 'typeScript' | 'bundled'> {
  const typeScript = typeScriptRunBy(line);
  const [one] = typeScript;
  const isOne = typeScript.length === 1 && one !== undefined && isPlainLine(line);
  return { typeScript, bundled: isOne && isPlainFile(join(planDir, one)) ? one : undefined };
}

function fileEntry(entry: string): FileEntry {
  return { kind: 'file', entry, flags: [], args: [], before: [] };
}
