import { dirname } from 'node:path';

/** As many as Linux follows. */
const mostFollowed = 40;

/** Where links lead, in a tree of which all links are known, as who unpacks it will have it. */
export class Links {
  readonly #targets = new Map<string, string>();

  /** @param path below the tree's root. @param target what the link holds. */
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
   * Whether a link stays in the tree at every step of its way, through other links too.
   * @returns why it does not, in words; undefined where it does.
   */
  problemOf(path: string): string | undefined {
    const target = this.#targets.get(path) ?? '';
    const above = dirname(path);
    /** The folder that the way has come to, as names from the root. */
    const folder = above === '.' ? [] : above.split('/');
    const ahead = target.split('/').reverse();
    let isAbsolute = target.startsWith('/');
    let followed = 0;
    while (ahead.length > 0 && !isAbsolute) {
      const name = ahead.pop() ?? '';
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (folder.pop() === undefined) return `a link that leads out of the run: ${target}`;
        continue;
      }
      folder.push(name);
      const next = this.#targets.get(folder.join('/'));
      if (next === undefined) continue;
      if (++followed > mostFollowed) return `a link that leads through too many others: ${target}`;
      folder.pop();
      ahead.push(...next.split('/').reverse());
      isAbsolute = next.startsWith('/');
    }
    return isAbsolute ? `a link that leads out of the run: ${target}` : undefined;
  }
}
