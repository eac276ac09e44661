import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tail } from '../outputs/tail.ts';

/**
 * So much is read before the sync service has its turn, in bytes: it answers within a millisecond, whatever instances print.
 * Where every line is shown, each takes 2 µs.
 */
const turnBytes = { everyLine: 8 * 1024, telling: 256 * 1024 };
/** How often the files are looked at, in ms, for up to 1,000 instances; the files of more are looked at less often. */
const lookEvery = 25;

/**
 * Follows the captured output of all instances of a run while they write it. The files hold everything in any case:
 * while whoever shows the output cannot take more, nothing is read, and nobody else is held up.
 */
export class OutputWatcher implements Disposable {
  readonly #tails = new Set<Tail>();
  readonly #pace: () => Promise<void> | undefined;
  readonly #turnBytes: number;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #finishedBytes = 0;

  /**
   * @param pace resolves when more can be shown; undefined when it can now.
   * @param everyLine whether every line is told.
   */
  constructor(pace: () => Promise<void> | undefined, everyLine: boolean) {
    this.#pace = pace;
    this.#turnBytes = everyLine ? turnBytes.everyLine : turnBytes.telling;
    this.#schedule();
  }

  /** How many bytes all files hold that are or were followed. */
  get written(): number {
    return [...this.#tails].reduce((sum, tail) => sum + tail.size, this.#finishedBytes);
  }

  /** Follows a file until it is finished, or what this returns is disposed of. */
  watch(tail: Tail): Disposable {
    this.#tails.add(tail);
    return { [Symbol.dispose]: () => void this.#tails.delete(tail) };
  }

  /**
   * Reads what a file holds now, whose writer has gone, and lets go of it. Not more: what the writer left behind may
   * write for ever.
   */
  async finish(tail: Tail): Promise<void> {
    this.#tails.delete(tail);
    const end = tail.size;
    this.#finishedBytes += end;
    while (tail.read < end) {
      await this.#pace();
      if (tail.readMore(Math.min(this.#turnBytes, end - tail.read)) === 0) break;
      await nextTurn();
    }
    // Once more, for a file that has become shorter.
    tail.readMore(0);
    tail.finish();
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#ended) return;
    this.#timer = setTimeout(() => void this.#look(), Math.max(lookEvery, this.#tails.size / 80));
  }

  async #look(): Promise<void> {
    let read = 0;
    for (const tail of [...this.#tails]) {
      if (this.#pace() !== undefined) break;
      // Finished while others had their turn.
      if (!this.#tails.has(tail)) continue;
      read += tail.readMore(this.#turnBytes - read);
      this.#toTheEnd(tail);
      if (read < this.#turnBytes) continue;
      read = 0;
      await nextTurn();
    }
    this.#schedule();
  }

  /** Whoever was read is last in the next look: nobody starves when a look is cut short. */
  #toTheEnd(tail: Tail): void {
    this.#tails.delete(tail);
    this.#tails.add(tail);
  }
}
