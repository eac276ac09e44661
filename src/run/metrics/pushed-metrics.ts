import { join } from 'node:path';
import { KeptFile } from '../../outputs/kept-file.ts';
import { instanceFiles } from '../../outputs/layout.ts';
import { setAside } from '../../outputs/untrusted-file.ts';
import { messageOf } from '../../util/errors.ts';

/** The metrics that an instance pushes. They are kept in metrics.lp, which is created at the first push. */
export class PushedMetrics {
  readonly #path: string;
  readonly #warn: (text: string) => void;
  #file: KeptFile | undefined;
  #isOver = false;
  /** Serializes writes: the lines of two pushes must not mix. */
  #written: Promise<unknown> = Promise.resolve();

  /** @param warn called with a message if the instance has tampered with the file. */
  constructor(outputs: string, warn: (text: string) => void) {
    this.#path = join(outputs, instanceFiles.metrics);
    this.#warn = warn;
  }

  /**
   * Appends lines.
   * @throws Error if they cannot be stored.
   */
  async add(lines: readonly string[]): Promise<void> {
    if (this.#isOver) throw new Error('the instance has ended');
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    const writing = this.#written.then(async () => {
      this.#file ??= this.#make();
      await this.#file.append(bytes);
    });
    this.#written = writing.catch(() => {});
    await writing;
  }

  #make(): KeptFile {
    const aside = setAside(this.#path);
    if (aside !== undefined)
      this.#warn(`the plan created ${instanceFiles.metrics} itself: moved to ${aside}`);
    return new KeptFile(this.#path);
  }

  /**
   * Waits for pending writes and restores the file if it was moved or removed. No lines are accepted afterwards.
   */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#written;
    using file = this.#file;
    try {
      const moved = file?.putBack();
      if (moved !== undefined) this.#warn(moved);
    } catch (error) {
      this.#warn(messageOf(error));
    }
  }
}
