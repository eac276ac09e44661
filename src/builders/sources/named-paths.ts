import { join, normalize } from 'node:path';
import { type NamedText, pathWordsIn } from './named-texts.ts';

/** The paths in a plan that texts name: shell lines, scripts, programs. */
export class NamedPaths {
  readonly #named: readonly { readonly text: NamedText; readonly paths: readonly string[] }[];

  constructor(texts: readonly NamedText[]) {
    this.#named = texts.map((text) => ({ text, paths: pathsIn(text) }));
  }

  /** Whether a text names a file or folder, or a path inside it. */
  reachesInto(place: string): boolean {
    return this.namedBy(place) !== undefined;
  }

  /** The text that names a file or folder, or a path inside it. */
  namedBy(place: string): NamedText | undefined {
    return this.#named.find(({ paths }) =>
      paths.some((path) => path === place || path.startsWith(`${place}/`)),
    )?.text;
  }
}

function pathsIn({ kind, folder, text }: NamedText): string[] {
  // A single word of a program may be anything, the name of a variable for instance.
  const words = pathWordsIn(text).filter((word) => kind !== 'program' || word.includes('/'));
  return words.flatMap((word) => [word, normalize(join(folder, word))]);
}
