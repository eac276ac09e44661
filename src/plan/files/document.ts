import type { TomlTable } from 'smol-toml';
import { placeIn } from '../../template/render.ts';
import { type KeyPath, offsetOf } from './positions.ts';
import { parseToml, readText } from './toml.ts';

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
  const toml = await readText(file);
  return documentOf({ file, toml, source: toml, sourceOf: (offset) => offset });
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
  return {
    file,
    content: parseToml(toml, (offset) => placeOf(sourceOf(offset))),
    offsetOf: (path) => sourceOf(offsetOf(toml, path)),
    placeOf,
  };
}
