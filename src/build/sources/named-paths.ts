import { normalize } from 'node:path';

/** The places in a plan that lines for the shell name. */
export class NamedPaths {
  readonly #paths: readonly string[];

  constructor(lines: readonly string[]) {
    const words = lines.flatMap((line) => line.match(/[\w@%+:,.~/-]+/g) ?? []);
    this.#paths = [...new Set(words.map((word) => normalize(word).replace(/\/$/, '')))];
  }

  /** Whether they name a file or folder, or something in it. */
  reachesInto(place: string): boolean {
    return this.#paths.some((path) => path === place || path.startsWith(`${place}/`));
  }
}
