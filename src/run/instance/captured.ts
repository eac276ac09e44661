import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { instanceFiles } from '../../outputs/layout.ts';
import type { Mask } from '../../outputs/mask.ts';
import { maskInstance } from '../../outputs/secrets.ts';
import { settleInstance } from '../../outputs/settle.ts';
import { type Line, Tail } from '../../outputs/tail.ts';

type Stream = 'stdout' | 'stderr';

/** The output of an instance as it is captured: its files are there, and open, before the instance is. */
export class Captured implements Disposable {
  readonly #outputs: string;
  readonly out: Tail;
  readonly err: Tail;

  /** @param every whether every line of stdout is to be told; those of stderr are, in any case. */
  constructor(outputs: string, every: boolean, onLine: (stream: Stream, line: Line) => void) {
    this.#outputs = outputs;
    const tail = (stream: Stream, file: string) =>
      new Tail(join(outputs, file), (line) => onLine(stream, line), {
        flags: 'a+',
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

  get tails(): readonly [out: Tail, err: Tail] {
    return [this.out, this.err];
  }

  /** Whether somebody still writes there: one who left the process group, and may fill the disk before the run ends. */
  async growing(): Promise<boolean> {
    const before = this.tails.map(({ size }) => size);
    await nextTurn();
    return this.tails.some(({ size }, index) => size !== before[index]);
  }

  /**
   * Makes run.out and run.err of what was captured.
   * @param lost what is known to be missing.
   * @returns what is wrong with the output, if anything is.
   */
  async settle(lost: string | undefined, mask: Mask): Promise<string | undefined> {
    const problems: string[] = lost === undefined ? [] : [lost];
    const streams = [
      { name: 'stdout', tail: this.out, file: instanceFiles.capturedOut },
      { name: 'stderr', tail: this.err, file: instanceFiles.capturedErr },
    ];
    try {
      for (const { name, tail, file } of streams) {
        if (tail.shrunk) problems.push(`${name} was truncated while it was written`);
        if (!tail.removed) continue;
        problems.push(`the file of ${name} was removed while it was written`);
        await mkdir(this.#outputs, { recursive: true });
        await pipeline(tail.content(), createWriteStream(join(this.#outputs, file)));
      }
      problems.push(...(await settleInstance(this.#outputs)));
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
