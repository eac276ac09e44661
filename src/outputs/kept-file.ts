import { closeSync, constants, fstatSync, read, readSync, write, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../util/errors.ts';
import { isSame, openRegular, setAside, whatIsAt } from './untrusted-file.ts';

const readLater = promisify(read);
const writeLater = promisify(write);
const pieceBytes = 256 * 1024;

/**
 * What became of an open file's name: whether it was removed, moved away, or something else stands there.
 * @returns undefined where it still has its name.
 */
export function displacement(fd: number, path: string): 'removed' | 'moved away' | 'replaced' | undefined {
  const its = fstatSync(fd);
  const there = whatIsAt(path);
  if (isSame(its, there)) return undefined;
  if (there !== undefined) return 'replaced';
  return its.nlink === 0 ? 'removed' : 'moved away';
}

/** Makes a file under a name, for reading and appending; what stands there is set aside. */
function makeAnew(path: string): number {
  setAside(path);
  return openRegular(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL);
}

/**
 * Makes a file anew under its name from what an open one holds, however large that is: it is copied in another thread. What stands
 * there is set aside.
 */
export async function copyBack(fd: number, path: string): Promise<void> {
  const target = makeAnew(path);
  try {
    const piece = Buffer.allocUnsafe(pieceBytes);
    for (let at = 0; ; ) {
      const { bytesRead } = await readLater(fd, piece, 0, pieceBytes, at);
      if (bytesRead === 0) return;
      for (let rest = piece.subarray(0, bytesRead); rest.length > 0; )
        rest = rest.subarray((await writeLater(target, rest)).bytesWritten);
      at += bytesRead;
    }
  } finally {
    closeSync(target);
  }
}

/** The same at once, for a record of tg's own. @returns a descriptor of the new one. */
function copyBackAtOnce(fd: number, path: string): number {
  const target = makeAnew(path);
  try {
    const piece = Buffer.allocUnsafe(pieceBytes);
    for (let at = 0; ; ) {
      const read = readSync(fd, piece, 0, pieceBytes, at);
      if (read === 0) return target;
      writeAll(target, piece.subarray(0, read));
      at += read;
    }
  } catch (error) {
    closeSync(target);
    throw error;
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(writeSync(fd, rest));
}

/** A record that tg adds to while instances run, which can remove it, move it away, or put something in its place. */
export class KeptFile implements Disposable {
  readonly #path: string;
  #fd: number;
  #written = 0;

  /** @throws as `openRegular` does. */
  constructor(path: string) {
    this.#path = path;
    this.#fd = openRegular(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT);
  }

  /** Adds bytes. @returns how many of them there was room for. @throws the system's error where there is none. */
  write(bytes: Buffer): number {
    const written = writeSync(this.#fd, bytes);
    this.#written += written;
    return written;
  }

  /** Adds bytes, all of them, in another thread. @throws the system's error where there is no room. */
  async append(bytes: Buffer): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      const { bytesWritten } = await writeLater(this.#fd, rest);
      this.#written += bytesWritten;
      rest = rest.subarray(bytesWritten);
    }
  }

  /**
   * Puts the file back under its name where it is not there any more.
   * @returns what an instance did to it, in words; undefined for nothing.
   * @throws Error, in words too, where some of it is lost.
   */
  putBack(): string | undefined {
    const name = basename(this.#path);
    const how = displacement(this.#fd, this.#path);
    const isCut = fstatSync(this.#fd).size < this.#written;
    if (how !== undefined) this.#replace(`${name} was ${how} while the run went on, and cannot be put back`);
    if (isCut) throw new Error(`${name} was truncated while the run went on: what it held is lost`);
    return how && `${name} was ${how} while the run went on, and is put back`;
  }

  #replace(problem: string): void {
    try {
      const fresh = copyBackAtOnce(this.#fd, this.#path);
      closeSync(this.#fd);
      this.#fd = fresh;
    } catch (cause) {
      throw new Error(`${problem}: ${messageOf(cause)}`, { cause });
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
