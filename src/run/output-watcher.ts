import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tail } from '../outputs/tail.ts';

/** At most so much of one file is read before the others, and the sync service, have their turn. */
const turnBytes = 256 * 1024;
/** How often the files are looked at, in ms, for up to 1,000 instances; the files of more are looked at less often. */
const lookEvery = 25;

/**
 * Follows the captured output of all instances of a run while they write it. The files hold everything in any case:
 * while whoever shows the output cannot take more, nothing is read, and nobody else is held up.
 */
export class OutputWatcher implements Disposable {
  readonly #tails = new Set<Tail>();
  readonly #pace: () => Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(pace: () => Promise<void> | undefined) {
    this.#pace = pace;
    this.#schedule();
  }

  watch(tail: Tail): void {
    this.#tails.add(tail);
  }

  /** Reads a file to its end, which nobody writes any more, and lets go of it. */
  async finish(tail: Tail): Promise<void> {
    this.#tails.delete(tail);
    for (;;) {
      await this.#pace();
      if (tail.readMore(turnBytes) === 0) break;
      await nextTurn();
    }
    tail.finish();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => this.#look(), Math.max(lookEvery, this.#tails.size / 80));
  }

  #look(): void {
    for (const tail of this.#tails) {
      if (this.#pace() !== undefined) break;
      tail.readMore(turnBytes);
    }
    this.#schedule();
  }
}
