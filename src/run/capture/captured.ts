import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { finalizeInstance } from '../../outputs/finalize.ts';
import type { KeptFolders } from '../../outputs/kept-folders.ts';
import { instanceFiles } from '../../outputs/layout.ts';
import type { Mask } from '../../outputs/mask.ts';
import { maskInstance } from '../../outputs/mask-outputs.ts';
import { type Line, Tail } from '../../outputs/tail.ts';
import { messageOf } from '../../util/errors.ts';

type Stream = 'stdout' | 'stderr';

/** The captured output of an instance: its files are created and opened before the instance starts. */
export class Captured implements Disposable {
  readonly #outputs: string;
  readonly #folders: KeptFolders;
  /** Problems with the output, as text. */
  readonly #problems: string[] = [];
  readonly out: Tail;
  readonly err: Tail;

  /**
   * @param every whether to report every line of stdout; lines of stderr are always reported.
   * @throws Error if another instance has put something at the path of its files.
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

  /** The paths of the files that everything must be appended to. */
  get files(): { readonly stdout: string; readonly stderr: string } {
    return {
      stdout: join(this.#outputs, instanceFiles.capturedOut),
      stderr: join(this.#outputs, instanceFiles.capturedErr),
    };
  }

  get tails(): readonly [out: Tail, err: Tail] {
    return [this.out, this.err];
  }

  /**
   * Whether a process still writes to the output: one that left the process group may fill the disk before the run
   * ends.
   */
  async growing(): Promise<boolean> {
    const before = this.tails.map(({ size }) => size);
    await nextTurn();
    return this.tails.some(({ size }, index) => size !== before[index]);
  }

  /** Restores the folder and the captured files if they have been moved or removed. */
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
   * Finalizes the captured files as run.out and run.err.
   * @param lost what is known to be missing.
   * @returns what is wrong with the output; undefined if nothing is.
   */
  async finalize(lost: string | undefined, mask: Mask): Promise<string | undefined> {
    const problems = [...(lost === undefined ? [] : [lost]), ...this.#problems];
    for (const { name, tail } of this.#streams)
      if (tail.shrunk) problems.push(`${name} was truncated while it was written`);
    try {
      problems.push(...(await finalizeInstance(this.#outputs)));
    } catch (error) {
      problems.push(`it could not be finalized: ${messageOf(error)}`);
    }
    if (!mask.isEmpty)
      await maskInstance(this.#outputs, mask).catch((error) => problems.push(messageOf(error)));
    return problems.length === 0 ? undefined : problems.join('; ');
  }

  [Symbol.dispose](): void {
    for (const tail of this.tails) tail[Symbol.dispose]();
  }
}
