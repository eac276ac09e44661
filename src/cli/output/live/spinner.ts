import type { Ora } from 'ora';
import { nowMs } from '../../../os/clock.ts';
import type { Screen } from './screen.ts';
import { fittingLine, type Work, workText } from './work.ts';

/** Work that takes less, in ms, is not shown: most builds find an existing artifact. */
const longWorkMs = 1_000;
/** How often the spinner moves, in ms. */
const refreshMs = 80;

/**
 * Shows work that lasts, with a spinner and the elapsed time, as the board of a screen. ora makes the frames; the
 * screen draws them, because lines may be printed meanwhile and it never hides the cursor.
 */
export class Spinner implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  readonly #screen: Screen;
  readonly #colour: boolean;
  #ora: Ora | undefined;
  #work: Work | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: NodeJS.WriteStream, screen: Screen, colour: boolean) {
    this.#stream = stream;
    this.#screen = screen;
    this.#colour = colour;
  }

  /** @param work undefined when it has ended. */
  show(work: Work | undefined): void {
    this.#work = work;
    if (work !== undefined) {
      this.#timer ??= setInterval(this.draw, refreshMs);
      return;
    }
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#screen.show([]);
  }

  readonly draw = (): void => {
    if (this.#work === undefined) return;
    const elapsedMs = nowMs() - this.#work.began;
    if (elapsedMs < longWorkMs) return;
    if (this.#ora === undefined) {
      // Without ora, which may be being replaced by an upgrade, there is no spinner.
      this.#load().catch(() => {});
      return;
    }
    this.#ora.text = workText(this.#work, elapsedMs);
    this.#screen.show([fittingLine(this.#ora.frame(), this.#stream)]);
  };

  /** Loads ora on demand: little work lasts. */
  async #load(): Promise<void> {
    const { default: ora } = await import('ora');
    this.#ora ??= ora({
      ...{ stream: this.#stream, color: this.#colour ? 'cyan' : false },
      ...{ isSilent: true, discardStdin: false, hideCursor: false },
    });
  }

  [Symbol.dispose](): void {
    this.show(undefined);
  }
}
