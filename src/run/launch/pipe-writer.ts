import { execFileSync } from 'node:child_process';
import { closeSync, constants, fstatSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { openRegular } from '../../outputs/untrusted-file.ts';
import { messageOf } from '../../util/errors.ts';

/** So many pipes are made at once at first, twice as many the next time, and no more than so many. */
const batch = { first: 4, most: 128 };

/** The end of a pipe that an instance is given. */
export interface Pipe {
  readonly writeEnd: number;
  /** Resolves when all is written down, which is when the last who holds the write end has gone: undefined, or what went wrong. */
  readonly carried: Promise<string | undefined>;
}

/**
 * Carries what instances say from pipes to files. A pipe, because a program that opens /dev/stdout anew empties a file, and
 * cannot empty a pipe; one with a name when it was made, because a socket, which Node would make, cannot be opened anew.
 */
export class PipeWriter {
  #spare: string[] = [];
  #made = 0;
  #next: number = batch.first;

  /**
   * A pipe whose content is added to a file, which is there.
   * @param dir a folder for pipes; nothing stays there.
   */
  pipeTo(file: string, dir: string): Pipe {
    const fifo = this.#spare.pop() ?? this.#make(dir);
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
        throw new Error(`${fifo} is no pipe any more`);
      const target = keep(openRegular(file, constants.O_WRONLY | constants.O_APPEND));
      return { writeEnd, carried: carry(readEnd, target) };
    } catch (error) {
      for (const fd of opened) closeSync(fd);
      throw error;
    }
  }

  #make(dir: string): string {
    mkdirSync(dir, { recursive: true });
    const names = Array.from({ length: this.#next }, () => join(dir, `${process.pid}-${this.#made++}`));
    this.#next = Math.min(2 * this.#next, batch.most);
    execFileSync('mkfifo', names);
    const [first = '', ...others] = names;
    this.#spare = others;
    return first;
  }
}

async function carry(readEnd: number, file: number): Promise<string | undefined> {
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
