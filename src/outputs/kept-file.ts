import { closeSync, constants, fstatSync, read, readSync, write, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../util/errors.ts';
import { isSame, openRegular, setAside, whatIsAt } from './untrusted-file.ts';

const readLater = promisify(read);
const writeLater = promisify(write);
const pieceBytes = 256 * 1024;

/**
 * Whether the path of an open file was removed, moved away or replaced.
 * @returns undefined if the file still has its path.
 */
export function displacement(fd: number, path: string): 'removed' | 'moved away' | 'replaced' | undefined {
  const its = fstatSync(fd);
  const there = whatIsAt(path);
  if (isSame(its, there)) return undefined;
  if (there !== undefined) return 'replaced';
  return its.nlink === 0 ? 'removed' : 'moved away';
}

/** Creates a file for reading and appending. An existing entry is renamed. */
function makeAnew(path: string): number {
  setAside(path);
  return openRegular(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL);
}

/**
 * Recreates a file at its path from an open descriptor. Files of any size are copied without blocking the event loop.
 * An existing entry is renamed.
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

/** The synchronous form of copyBack, for tg's own records. @returns a descriptor of the new file. */
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

/** A record that tg appends to while instances run. Instances can remove it, move it away, or replace it. */
export class KeptFile implements Disposable {
  readonly #path: string;
  #fd: number;
  #written = 0;

  /** @throws as `openRegular` does. */
  constructor(path: string) {
    this.#path = path;
    this.#fd = openRegular(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT);
  }

  /** Appends bytes. @returns how many were written. @throws the system's error if there is no room. */
  write(bytes: Buffer): number {
    const written = writeSync(this.#fd, bytes);
    this.#written += written;
    return written;
  }

  /** Appends all bytes without blocking the event loop. @throws the system's error if there is no room. */
  async append(bytes: Buffer): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      const { bytesWritten } = await writeLater(this.#fd, rest);
      this.#written += bytesWritten;
      rest = rest.subarray(bytesWritten);
    }
  }

  /**
   * Restores the file at its path if it is missing there.
   * @returns what an instance did to it; undefined if it is intact.
   * @throws Error with a description if some of it is lost.
   */
  putBack(): string | undefined {
    const name = basename(this.#path);
    const how = displacement(this.#fd, this.#path);
    const isCut = fstatSync(this.#fd).size < this.#written;
    if (how !== undefined) this.#replace(`${name} was ${how} during the run, and cannot be restored`);
    if (isCut) throw new Error(`${name} was truncated during the run: its content is lost`);
    return how && `${name} was ${how} during the run, and is restored`;
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
