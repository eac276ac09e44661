import { execFileSync } from 'node:child_process';
import { closeSync, constants, fstatSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { openRegular } from '../../../outputs/untrusted-file.ts';
import { messageOf } from '../../../util/errors.ts';

/** How many pipes are created at once: the number doubles each time, up to `most`. */
const batch = { first: 4, max: 128 };

/** The end of a pipe that an instance gets. */
export interface Pipe {
  readonly writeEnd: number;
  /**
   * Resolves when all output is written, which is when the last holder of the write end has ended: to undefined, or
   * to an error message.
   */
  readonly flushed: Promise<string | undefined>;
}

/**
 * Copies the output of instances from pipes to files. A program that reopens /dev/stdout truncates a file but not a
 * pipe. The pipes are FIFOs because the sockets that Node would create cannot be reopened.
 */
export class PipeWriter {
  #prepared: string[] = [];
  #made = 0;
  #next: number = batch.first;

  /**
   * Creates a pipe whose content is appended to an existing file.
   * @param dir a folder for FIFOs, which are removed once they are open.
   */
  pipeTo(file: string, dir: string): Pipe {
    const fifo = this.#prepared.pop() ?? this.#make(dir);
    const opened: number[] = [];
    const keep = (fd: number) => {
      opened.push(fd);
      return fd;
    };
    try {
      const readEnd = keep(openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK));
      const writeEnd = keep(openSync(fifo, constants.O_WRONLY));
      unlinkSync(fifo);
      if (![readEnd, writeEnd].every((end) => fstatSync(end).isFIFO()))
        throw new Error(`${fifo} is no longer a pipe`);
      const target = keep(openRegular(file, constants.O_WRONLY | constants.O_APPEND));
      return { writeEnd, flushed: copyToFile(readEnd, target) };
    } catch (error) {
      for (const fd of opened) closeSync(fd);
      throw error;
    }
  }

  #make(dir: string): string {
    mkdirSync(dir, { recursive: true });
    const names = Array.from({ length: this.#next }, () => join(dir, `${process.pid}-${this.#made++}`));
    this.#next = Math.min(2 * this.#next, batch.max);
    execFileSync('mkfifo', names);
    const [first = '', ...others] = names;
    this.#prepared = others;
    return first;
  }
}

async function copyToFile(readEnd: number, file: number): Promise<string | undefined> {
  const pipe = new Socket({ fd: readEnd, readable: true, writable: false });
  try {
    for await (const chunk of pipe) writeAll(file, chunk as Buffer);
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    pipe.destroy();
    closeSync(file);
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(writeSync(file, rest));
}
