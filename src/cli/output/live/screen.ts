import ansi from 'ansi-escapes';
import type { Sink } from '../sink.ts';

/** The size of a terminal, in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Turns off line wrap, so that long lines are cut off at the edge (DECAWM). */
const wrap = { off: '\u001b[?7l', on: '\u001b[?7h' } as const;

/**
 * A terminal with lines that scroll away, and below them a board that is redrawn. The cursor always is at the first
 * character of the board: everything below it is the board, however a resized terminal has wrapped it, and is
 * erased without counting lines. The cursor is never hidden and no mode outlasts a write, so the terminal is left
 * intact however tg ends.
 */
export class Screen implements Disposable {
  readonly #sink: Sink;
  #board: readonly string[] = [];

  constructor(sink: Sink) {
    this.#sink = sink;
    process.on('exit', this.#erase);
    process.on('SIGTSTP', this.#suspend);
    process.on('SIGCONT', this.redraw);
  }

  /** Prints complete lines above the board. */
  print(text: string): void {
    if (this.#board.length === 0) this.#sink.write(text);
    else this.#write(ansi.eraseDown + text + drawn(this.#board));
  }

  /** @param board complete lines without colours, each shorter than the terminal is wide; empty for no board. */
  show(board: readonly string[]): void {
    if (board.length === this.#board.length && board.every((line, place) => line === this.#board[place]))
      return;
    this.#board = board;
    this.#write(board.length === 0 ? ansi.eraseDown : drawn(board));
  }

  /** Redraws after a resize, or after another process wrote to the terminal. */
  readonly redraw = (): void => {
    if (this.#board.length > 0) this.#write(ansi.eraseDown + drawn(this.#board));
  };

  /** Writes in one piece; a terminal with synchronized output shows it in one step. */
  #write(text: string): void {
    this.#sink.write(ansi.beginSynchronizedOutput + ansi.cursorLeft + text + ansi.endSynchronizedOutput);
  }

  readonly #erase = (): void => {
    this.show([]);
  };

  /** Handles Ctrl-Z: the shell prints where the board was. */
  readonly #suspend = (): void => {
    const board = this.#board;
    this.#erase();
    this.#board = board;
    process.kill(process.pid, 'SIGSTOP');
  };

  [Symbol.dispose](): void {
    this.#erase();
    process.off('exit', this.#erase);
    process.off('SIGTSTP', this.#suspend);
    process.off('SIGCONT', this.redraw);
  }
}

/** Draws the board from the cursor over the previous one, and moves the cursor back to its beginning. */
function drawn(board: readonly string[]): string {
  const lines = board.map((line) => line + ansi.eraseEndLine).join('\r\n');
  const up = board.length > 1 ? ansi.cursorUp(board.length - 1) : '';
  return wrap.off + lines + ansi.eraseDown + wrap.on + up + ansi.cursorLeft;
}
