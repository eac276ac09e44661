import { dirname } from 'node:path';
import type { TgError } from '../../util/errors.ts';
import { checkDocument, type PlaceOf } from '../files/check.ts';
import { documentOf } from '../files/document.ts';
import { readTomlText } from '../files/toml.ts';
import { type Composition, compositionSchema } from './schema.ts';
import { renderComposition } from './template.ts';

/** A composition that was read. */
export interface ReadComposition {
  readonly composition: Composition;
  /** Its name, as in messages. */
  readonly file: string;
  /** Its folder: paths in it are relative to it. */
  readonly dir: string;
  /** Whether its template does anything: it says something else at another time. */
  readonly isTemplate: boolean;
  readonly unknown: readonly TgError[];
  readonly placeOf: PlaceOf;
  /** The builder of all groups, where a flag names one in place of theirs. */
  readonly builder?: string | undefined;
}

/** Where a composition is: a file, or a text that came another way. */
export type CompositionSource =
  | string
  | {
      /** What it is called in messages. */
      readonly name: string;
      readonly text: string;
      /** Paths in it are relative to this folder. */
      readonly dir: string;
    };

/**
 * Reads a composition: carries out its template, and checks what it says.
 * @param from its file, relative to the current folder, or its text.
 * @param env what `.Env` holds.
 * @throws TgError (usage) with every problem and its place.
 */
export async function readComposition(
  from: CompositionSource,
  env: NodeJS.ProcessEnv,
): Promise<ReadComposition> {
  const {
    name: file,
    text: source,
    dir,
  } = typeof from === 'string' ? { name: from, text: await readTomlText(from), dir: dirname(from) } : from;
  const { text: toml, sourceOf } = renderComposition(source, file, dir, env);
  const { data, unknown, placeOf } = checkDocument(
    documentOf({ file, toml, source, sourceOf }),
    compositionSchema,
  );
  return { composition: data, file, dir, isTemplate: toml !== source, unknown, placeOf };
}
