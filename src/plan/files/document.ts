import type { TomlTable } from 'smol-toml';
import { placeIn } from '../../template/place.ts';
import { TgError } from '../../util/errors.ts';
import { withExtendedTables } from './extended-tables.ts';
import { type KeyPath, positionsIn } from './positions.ts';
import { parseToml, readTomlText } from './toml.ts';

/** A TOML file that was read: what it says, and where. */
export interface Document {
  /** Its name, as in messages. */
  readonly file: string;
  readonly content: TomlTable;
  /** Where a value stands, or what comes nearest above it: in characters from the beginning of the file. */
  offsetOf(path: KeyPath): number;
  /** `file:line:column` of an offset. */
  placeOf(offset: number): string;
}

/** Reads a TOML file. @throws TgError (usage) when it cannot be read, or with its place for what is no TOML. */
export async function readDocument(file: string): Promise<Document> {
  const toml = await readTomlText(file);
  return documentOf({ file, toml, source: toml, sourceOf: (offset) => offset });
}

/** What a text says; as testground reads it, where TOML does not allow it. @returns the text that was read, too. */
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
  /** The TOML, and the text of the file from which it was made. */
  readonly toml: string;
  readonly source: string;
  /** Where in the file a place of the TOML came from. */
  sourceOf(offset: number): number;
}

/** A TOML text as a document. @throws TgError (usage) with its place for what is no TOML. */
export function documentOf({ file, toml, source, sourceOf }: Origin): Document {
  const placeOf = (offset: number) => {
    const { line, column } = placeIn(source, offset);
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
