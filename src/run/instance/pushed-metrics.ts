import { join } from 'node:path';
import { KeptFile } from '../../outputs/kept-file.ts';
import { instanceFiles } from '../../outputs/layout.ts';
import { setAside } from '../../outputs/untrusted-file.ts';
import { messageOf } from '../../util/errors.ts';

/** The metrics that an instance pushes, in its metrics.lp, which is made with the first. */
export class PushedMetrics {
  readonly #path: string;
  readonly #warn: (text: string) => void;
  #file: KeptFile | undefined;
  #isOver = false;
  /** One after the other: the lines of two pushes must not mix. */
  #written: Promise<unknown> = Promise.resolve();

  /** @param warn is told in words of what an instance has done to the file. */
  constructor(outputs: string, warn: (text: string) => void) {
    this.#path = join(outputs, instanceFiles.metrics);
    this.#warn = warn;
  }

  /** Adds lines. @throws Error where they cannot be kept. */
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
      this.#warn(`the plan had made ${instanceFiles.metrics} itself: that is now ${aside}`);
    return new KeptFile(this.#path);
  }

  /** Waits for what was added before, and puts the file back where it was, if it is not there any more. Nothing is taken after that. */
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
