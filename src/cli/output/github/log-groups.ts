import { sanitizeTerminal } from '../../../util/sanitize-terminal.ts';
import { escapeData } from './escape.ts';

/**
 * Groups of lines that the log of GitHub Actions folds away. They do not nest, so a new group ends the one before.
 * A group without lines is not written.
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions#grouping-log-lines
 */
export class LogGroups {
  readonly #write: (command: string) => void;
  /** The title of the group of the next lines; undefined for none. */
  #title: string | undefined;
  #isOpen = false;

  constructor(write: (command: string) => void) {
    this.#write = write;
  }

  /** Puts the next lines into a group of their own. */
  begin(title: string): void {
    this.end();
    this.#title = title;
  }

  /** Puts the next lines outside of groups. */
  end(): void {
    if (this.#isOpen) this.#write('::endgroup::\n');
    this.#isOpen = false;
    this.#title = undefined;
  }

  /** Must be called before each line is written. */
  beforeLine(): void {
    if (this.#isOpen || this.#title === undefined) return;
    this.#isOpen = true;
    this.#write(`::group::${escapeData(sanitizeTerminal(this.#title))}\n`);
  }
}
