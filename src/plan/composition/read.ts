import { dirname } from 'node:path';
import type { TgError } from '../../util/errors.ts';
import { checkDocument, type PlaceOf } from '../files/check.ts';
import { documentOf } from '../files/document.ts';
import { readTomlText } from '../files/toml.ts';
import { type Composition, compositionSchema } from './schema.ts';
import { renderComposition } from './template.ts';

/** A parsed composition. */
export interface ReadComposition {
  readonly composition: Composition;
  /** Its name in messages. */
  readonly file: string;
  /** Its folder; paths in it are relative to it. */
  readonly dir: string;
  /** Whether the template has actions, so that it may expand to something else another time. */
  readonly isTemplate: boolean;
  readonly unknown: readonly TgError[];
  readonly placeOf: PlaceOf;
  /** The builder of all groups, if a flag overrides theirs. */
  readonly builder?: string | undefined;
}

/** The source of a composition: a file, or a text from elsewhere. */
export type CompositionSource =
  | string
  | {
      /** Its name in messages. */
      readonly name: string;
      readonly text: string;
      /** The folder that paths in it are relative to. */
      readonly dir: string;
    };

/**
 * Reads a composition: expands its template and validates the result.
 * @param from its file, relative to the current folder, or its text.
 * @param env the value of `.Env`.
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
