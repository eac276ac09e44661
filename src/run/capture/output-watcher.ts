import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tail } from '../../outputs/tail.ts';

/**
 * How many bytes are read before the event loop handles other work: the sync service then answers within a
 * millisecond, whatever instances print. If every line is shown, each takes 2 µs.
 */
const turnBytes = { everyLine: 8 * 1024, someLines: 256 * 1024 };
/** How often, in ms, the files are polled, for up to 1,000 instances; less often for more. */
const pollIntervalMs = 25;

/**
 * Follows the captured output of all instances of a run while they write it. Reading pauses while the display
 * cannot take more: the files hold everything in any case, so no instance blocks.
 */
export class OutputWatcher implements Disposable {
  /** The followed files, with who writes each, as text. */
  readonly #tails = new Map<Tail, string>();
  readonly #pace: () => Promise<void> | undefined;
  readonly #turnBytes: number;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  /** The sizes of finished files by their writers, in bytes. */
  readonly #finished = new Map<string, number>();

  /**
   * @param pace resolves when the display can take more; undefined if it can now.
   * @param everyLine whether every line is reported.
   */
  constructor(pace: () => Promise<void> | undefined, everyLine: boolean) {
    this.#pace = pace;
    this.#turnBytes = everyLine ? turnBytes.everyLine : turnBytes.someLines;
    this.#schedule();
  }

  /** The total size in bytes of all files that are or were followed. */
  get written(): number {
    return [...this.#writtenBy().values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Who has written most, and how many bytes; undefined if no file was followed. */
  get mostWritten(): readonly [writer: string, bytes: number] | undefined {
    return [...this.#writtenBy()].reduce<readonly [string, number] | undefined>(
      (most, each) => (most === undefined || each[1] > most[1] ? each : most),
      undefined,
    );
  }

  #writtenBy(): ReadonlyMap<string, number> {
    const sizes = new Map(this.#finished);
    for (const [tail, writer] of this.#tails) addTo(sizes, writer, tail.size);
    return sizes;
  }

  /**
   * Follows a file until it is finished or the returned object is disposed of.
   * @param writer who writes it, as text.
   */
  watch(tail: Tail, writer = ''): Disposable {
    this.#tails.set(tail, writer);
    return { [Symbol.dispose]: () => void this.#tails.delete(tail) };
  }

  /**
   * Reads the current content of a file whose writer has ended, and stops following it. Reads only up to its
   * current size, because leftover processes may write forever.
   */
  async finish(tail: Tail): Promise<void> {
    const end = tail.size;
    addTo(this.#finished, this.#tails.get(tail) ?? '', end);
    this.#tails.delete(tail);
    while (tail.read < end) {
      await this.#pace();
      if (tail.readMore(Math.min(this.#turnBytes, end - tail.read)) === 0) break;
      await nextTurn();
    }
    // Detects a file that was truncated.
    tail.readMore(0);
    tail.finish();
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#ended) return;
    this.#timer = setTimeout(() => void this.#poll(), Math.max(pollIntervalMs, this.#tails.size / 80));
  }

  async #poll(): Promise<void> {
    let read = 0;
    for (const [tail, writer] of [...this.#tails]) {
      if (this.#pace() !== undefined) break;
      // It was finished in the meantime.
      if (!this.#tails.has(tail)) continue;
      read += tail.readMore(this.#turnBytes - read);
      // Moves it to the end of the order, so that no file starves when a pass is cut short.
      this.#tails.delete(tail);
      this.#tails.set(tail, writer);
      if (read < this.#turnBytes) continue;
      read = 0;
      await nextTurn();
    }
    this.#schedule();
  }
}

function addTo(sizes: Map<string, number>, writer: string, bytes: number): void {
  sizes.set(writer, (sizes.get(writer) ?? 0) + bytes);
}
