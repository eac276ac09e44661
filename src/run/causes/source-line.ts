import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { linesFrom } from '../../outputs/last-lines.ts';
import { whatIsAt } from '../../outputs/untrusted-file.ts';
import { ownFrames } from './own-frames.ts';

/** A line of a plan's source. */
export interface SourceLine {
  /** Relative to the plan: `src/main.ts:12:3`, or without a column. */
  readonly place: string;
  readonly text: string;
}

/** A folder with a plan's source. */
export interface SourceFolder {
  readonly path: string;
  /** Files that were changed after this, in ms since the epoch, are not the ones that were built. */
  readonly builtAtMs?: number;
}

/** How much of a source file is read, in bytes. */
const maxBytes = 1024 * 1024;

/**
 * The line of the plan's source that a stack names first, or last in a traceback of Python. Null if none of its places
 * is in one of the folders.
 */
export function sourceLineOf(stack: readonly string[], folders: readonly SourceFolder[]): SourceLine | null {
  for (const place of placesIn(ownFrames(stack)))
    for (const folder of folders) {
      const found = lineAt(folder, place);
      if (found !== undefined) return found;
    }
  return null;
}

/** A place in a source file. Lines and columns are counted from 1. */
interface Place {
  readonly path: string;
  readonly line: number;
  /** `:12:3`, or `:12` without a column. */
  readonly suffix: string;
}

/** `at f (main.ts:12:3)`, `main.go:12 +0x1d`, `src/main.rs:12:3`. */
const anyPlace = /([^\s()"']+\.\w+):(\d+)(:\d+)?/;
/** `File "main.py", line 12`. */
const pythonPlace = /File "([^"]+)", line (\d+)/;

/** The places that a stack names, the one of the error first: a traceback of Python ends with it. */
export function placesIn(stack: readonly string[]): readonly Place[] {
  const ofPython = stack.flatMap((line) => placeIn(pythonPlace, line));
  return ofPython.length > 0 ? ofPython.reverse() : stack.flatMap((line) => placeIn(anyPlace, line));
}

function placeIn(pattern: RegExp, text: string): readonly Place[] {
  const [, path = '', line = '', column = ''] = pattern.exec(text) ?? [];
  if (path === '') return [];
  return [{ path: path.replace(/^file:\/\//, ''), line: Number(line), suffix: `:${line}${column}` }];
}

function lineAt(
  { path: root, builtAtMs = Infinity }: SourceFolder,
  { path, line, suffix }: Place,
): SourceLine | undefined {
  const place = isAbsolute(path) ? relative(root, path) : path;
  if (place.startsWith('..')) return undefined;
  try {
    const real = realpathSync(root);
    if ((whatIsAt(join(real, place))?.mtimeMs ?? Infinity) > builtAtMs) return undefined;
    const text = linesFrom(real, place, 0, maxBytes)[line - 1]?.trim();
    return text ? { place: `${place}${suffix}`, text } : undefined;
  } catch {
    // The stack names a place elsewhere.
    return undefined;
  }
}
