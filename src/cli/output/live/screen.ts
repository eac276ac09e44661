import ansi from 'ansi-escapes';
import type { Sink } from '../sink.ts';

/** A terminal's size, in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What a line is too long for is cut off, instead of going on in the next (DECAWM). */
const wrap = { off: '\u001b[?7l', on: '\u001b[?7h' } as const;

/**
 * A terminal with lines that are printed and scroll away, and below them a board that changes. The cursor always stands at the
 * board's first character: what is below it is the board, however a resized terminal has wrapped it, and is erased without counting.
 * It is never hidden, and no mode outlasts a write: whatever ends tg leaves a terminal as it was.
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

  /** Prints whole lines above the board. */
  print(text: string): void {
    if (this.#board.length === 0) this.#sink.write(text);
    else this.#write(ansi.eraseDown + text + drawn(this.#board));
  }

  /** @param board lines without colours that go on, each shorter than the terminal is wide; none for no board. */
  show(board: readonly string[]): void {
    if (board.length === this.#board.length && board.every((line, place) => line === this.#board[place]))
      return;
    this.#board = board;
    this.#write(board.length === 0 ? ansi.eraseDown : drawn(board));
  }

  /** After something may have happened to what is shown: a new size, somebody else’s words. */
  readonly redraw = (): void => {
    if (this.#board.length > 0) this.#write(ansi.eraseDown + drawn(this.#board));
  };

  /** All of it at once: a terminal that can waits for the end of it before it shows any. */
  #write(text: string): void {
    this.#sink.write(ansi.beginSynchronizedOutput + ansi.cursorLeft + text + ansi.endSynchronizedOutput);
  }

  readonly #erase = (): void => {
    this.show([]);
  };

  /** Ctrl-Z: the shell's words come where the board was. */
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

/** The board from where the cursor is, over what was there, and the cursor at its beginning again. */
function drawn(board: readonly string[]): string {
  const lines = board.map((line) => line + ansi.eraseEndLine).join('\r\n');
  const up = board.length > 1 ? ansi.cursorUp(board.length - 1) : '';
  return wrap.off + lines + ansi.eraseDown + wrap.on + up + ansi.cursorLeft;
}
