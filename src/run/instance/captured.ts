import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { finalizeInstance } from '../../outputs/finalize.ts';
import type { KeptFolders } from '../../outputs/kept-folders.ts';
import { instanceFiles } from '../../outputs/layout.ts';
import type { Mask } from '../../outputs/mask.ts';
import { maskInstance } from '../../outputs/secrets.ts';
import { type Line, Tail } from '../../outputs/tail.ts';
import { messageOf } from '../../util/errors.ts';

type Stream = 'stdout' | 'stderr';

/** The output of an instance as it is captured: its files are there, and open, before the instance is. */
export class Captured implements Disposable {
  readonly #outputs: string;
  readonly #folders: KeptFolders;
  /** What is wrong with the output, in words. */
  readonly #problems: string[] = [];
  readonly out: Tail;
  readonly err: Tail;

  /**
   * @param every whether every line of stdout is to be told; those of stderr are, in any case.
   * @throws Error where another instance has put something in the place of its files.
   */
  constructor(
    outputs: string,
    folders: KeptFolders,
    every: boolean,
    onLine: (stream: Stream, line: Line) => void,
  ) {
    this.#outputs = outputs;
    this.#folders = folders;
    const tail = (stream: Stream, file: string) =>
      new Tail(join(outputs, file), (line) => onLine(stream, line), {
        open: 'new',
        every: every || stream === 'stderr',
      });
    this.out = tail('stdout', instanceFiles.capturedOut);
    try {
      this.err = tail('stderr', instanceFiles.capturedErr);
    } catch (error) {
      this.out[Symbol.dispose]();
      throw error;
    }
  }

  get #streams() {
    return [
      { name: 'stdout', tail: this.out, file: instanceFiles.capturedOut },
      { name: 'stderr', tail: this.err, file: instanceFiles.capturedErr },
    ];
  }

  get tails(): readonly [out: Tail, err: Tail] {
    return [this.out, this.err];
  }

  /** Whether somebody still writes there: one who left the process group, and may fill the disk before the run ends. */
  async growing(): Promise<boolean> {
    const before = this.tails.map(({ size }) => size);
    await nextTurn();
    return this.tails.some(({ size }, index) => size !== before[index]);
  }

  /** Puts the folder, and what was captured, back where they were, if they are not there any more. */
  async putBack(): Promise<void> {
    try {
      this.#problems.push(...this.#folders.putBack());
      for (const { name, tail, file } of this.#streams) {
        tail.allow();
        const how = await tail.putBackAt(join(this.#outputs, file));
        if (how !== undefined) this.#problems.push(`the file of ${name} was ${how} while it was written`);
      }
    } catch (error) {
      this.#problems.push(`it could not be put back: ${messageOf(error)}`);
    }
  }

  /**
   * Makes run.out and run.err of what was captured, and put back.
   * @param lost what is known to be missing.
   * @returns what is wrong with the output, if anything is.
   */
  async settle(lost: string | undefined, mask: Mask): Promise<string | undefined> {
    const problems = [...(lost === undefined ? [] : [lost]), ...this.#problems];
    for (const { name, tail } of this.#streams)
      if (tail.shrunk) problems.push(`${name} was truncated while it was written`);
    try {
      problems.push(...(await finalizeInstance(this.#outputs)));
    } catch (error) {
      problems.push(`it could not be settled: ${messageOf(error)}`);
    }
    if (!mask.isEmpty)
      await maskInstance(this.#outputs, mask).catch((error) => problems.push(messageOf(error)));
    return problems.length === 0 ? undefined : problems.join('; ');
  }

  [Symbol.dispose](): void {
    for (const tail of this.tails) tail[Symbol.dispose]();
  }
}
