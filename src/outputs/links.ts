import { dirname } from 'node:path';

/** The limit of Linux. */
const maxFollowed = 40;

/** Resolves links in a tree whose links are all known, as they will resolve after unpacking. */
export class Links {
  readonly #targets = new Map<string, string>();

  /** @param path relative to the root of the tree. @param target the content of the link. */
  add(path: string, target: string): void {
    this.#targets.set(path, target);
  }

  get size(): number {
    return this.#targets.size;
  }

  [Symbol.iterator](): Iterator<readonly [path: string, target: string]> {
    return this.#targets[Symbol.iterator]();
  }

  /**
   * Checks that a link stays in the tree at every step, also through other links.
   * @returns why it does not; undefined if it does.
   */
  problemOf(path: string): string | undefined {
    const target = this.#targets.get(path) ?? '';
    const above = dirname(path);
    /** The folder reached so far, as names from the root. */
    const folder = above === '.' ? [] : above.split('/');
    const ahead = target.split('/').reverse();
    let isAbsolute = target.startsWith('/');
    let followed = 0;
    while (ahead.length > 0 && !isAbsolute) {
      const name = ahead.pop() ?? '';
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (folder.pop() === undefined) return `a link that points outside the run: ${target}`;
        continue;
      }
      folder.push(name);
      const next = this.#targets.get(folder.join('/'));
      if (next === undefined) continue;
      if (++followed > maxFollowed) return `a link through too many others: ${target}`;
      folder.pop();
      ahead.push(...next.split('/').reverse());
      isAbsolute = next.startsWith('/');
    }
    return isAbsolute ? `a link that points outside the run: ${target}` : undefined;
  }
}
