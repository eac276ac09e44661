import type { TomlTable } from 'smol-toml';
import { positionIn } from '../../template/position.ts';
import { TgError } from '../../util/errors.ts';
import { withExtendedTables } from './extended-tables.ts';
import { type KeyPath, positionsIn } from './positions.ts';
import { parseToml, readTomlText } from './toml.ts';

/** A parsed TOML file with the places of its values. */
export interface Document {
  /** Its name in messages. */
  readonly file: string;
  readonly content: TomlTable;
  /** The offset of a value, or of its nearest parent, in characters from the beginning of the file. */
  offsetOf(path: KeyPath): number;
  /** Formats an offset as `file:line:column`. */
  placeOf(offset: number): string;
}

/** Reads a TOML file. @throws TgError (usage) if it cannot be read, or with the place of a syntax error. */
export async function readDocument(file: string): Promise<Document> {
  const toml = await readTomlText(file);
  return documentOf({ file, toml, source: toml, sourceOf: (offset) => offset });
}

/** Parses a text, with testground's extensions if it is not valid TOML. @returns the text that was parsed, too. */
function readToml(
  toml: string,
  at: (offset: number) => string,
): { readonly text: string; readonly content: TomlTable } {
  try {
    return { text: toml, content: parseToml(toml, at) };
  } catch (error) {
    if (!(error instanceof TgError) || !error.message.includes('redefine')) throw error;
    const text = withExtendedTables(toml);
    if (text === undefined) throw error;
    return { text, content: parseToml(text, at) };
  }
}

interface Origin {
  readonly file: string;
  /** The TOML, and the text of the file it was made from. */
  readonly toml: string;
  readonly source: string;
  /** Maps an offset in the TOML to one in the file. */
  sourceOf(offset: number): number;
}

/** Parses a TOML text as a document. @throws TgError (usage) with the place of a syntax error. */
export function documentOf({ file, toml, source, sourceOf }: Origin): Document {
  const placeOf = (offset: number) => {
    const { line, column } = positionIn(source, offset);
    return `${file}:${line}:${column}`;
  };
  const { text, content } = readToml(toml, (offset) => placeOf(sourceOf(offset)));
  const positions = positionsIn(text);
  return {
    file,
    content,
    offsetOf: (path) => sourceOf(Math.min(positions.offsetOf(path), toml.length)),
    placeOf,
  };
}
