import { closeSync, constants, fchmodSync, fstatSync, readSync, type Stats } from 'node:fs';
import { copyBack, displacement } from './kept-file.ts';
import { openRegular } from './untrusted-file.ts';

/** A line of output. */
export interface Line {
  /** Where the line begins in the file, in bytes; of no use once the file has been truncated. */
  readonly offset: number;
  /** The line without its terminator; the first `maxLineBytes` bytes of a very long line. */
  readonly bytes: Buffer;
  /** Whether `bytes` is the whole line. */
  readonly whole: boolean;
}

/** The limit on bytes of one line in memory; the file has all of it. */
export const maxLineBytes = 1024 * 1024;

/** How many bytes before the new ones are read again: if they changed, the file was truncated and has grown again. */
const overlapBytes = 32;
const ownersMode = 0o600;
const chunk = Buffer.allocUnsafe(256 * 1024);
const newline = 0x0a;
const brace = 0x7b;

/** Flags for opening a followed file: `make` creates a missing file, `new` always creates one. */
const flagsOf = {
  read: constants.O_RDONLY,
  make: constants.O_RDWR | constants.O_APPEND | constants.O_CREAT,
  new: constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL,
} as const;

/** Options for following a file. */
export interface TailOptions {
  readonly open?: keyof typeof flagsOf;
  /**
   * Whether to report every line. Otherwise reports only lines that may be an event (JSON objects), the line before
   * each of them, and the last line of each read: ten times as fast.
   */
  readonly every?: boolean;
}

/** Follows a growing file of another process and splits it into lines. Memory does not grow with the file. */
export class Tail implements Disposable {
  readonly #fd: number;
  readonly #onLine: (line: Line) => void;
  readonly #every: boolean;
  #offset = 0;
  /** Where the line that is read now begins. */
  #lineStart = 0;
  #overlap = Buffer.alloc(0);
  #held: Buffer[] = [];
  #heldBytes = 0;
  #cut = false;
  #shrunk = false;

  /** @throws as `openRegular` does. */
  constructor(path: string, onLine: (line: Line) => void, { open = 'read', every = true }: TailOptions = {}) {
    this.#fd = openRegular(path, flagsOf[open]);
    this.#every = every;
    this.#onLine = onLine;
  }

  /** Whether the file became shorter than its read part: it was truncated, and lines are lost. */
  get shrunk(): boolean {
    return this.#shrunk;
  }

  /**
   * Reads appended bytes, at most `budget` (always at least a piece of a truncated file).
   * @returns the number of bytes read; 0 at the current end.
   */
  readMore(budget: number): number {
    let read = 0;
    do {
      const got = this.#readNext(budget - read);
      if (got.length === 0) break;
      read += got.length;
      this.#cutIntoLines(got);
    } while (read < budget);
    return read;
  }

  /** The stats of the open file, even if its path now refers to something else. */
  get stats(): Stats {
    return fstatSync(this.#fd);
  }

  /** The current length of the file, in bytes. */
  get size(): number {
    return this.stats.size;
  }

  /** How much of the file has been read, in bytes. */
  get read(): number {
    return this.#offset;
  }

  /**
   * Restores the file, as a copy, at a path that it no longer has. An existing entry there is renamed.
   * @returns what had happened to it; undefined if it still has its path.
   */
  async putBackAt(path: string): Promise<string | undefined> {
    const how = displacement(this.#fd, path);
    if (how !== undefined) await copyBack(this.#fd, path);
    return how;
  }

  /** Restores the owner's read and write permissions, which an instance may have changed. */
  allow(): void {
    const { mode } = this.stats;
    if ((mode & ownersMode) !== ownersMode) fchmodSync(this.#fd, (mode & 0o777) | ownersMode);
  }

  /** Reports an unterminated last line. Call it once, after the writer has exited and everything is read. */
  finish(): void {
    if (this.#heldBytes > 0 || this.#cut) this.#emit(Buffer.alloc(0));
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #readNext(budget: number): Buffer {
    const again = this.#overlap.length;
    const length = Math.min(chunk.length, budget + again);
    const got = readSync(this.#fd, chunk, 0, length, this.#offset - again);
    if (got < again || !chunk.subarray(0, again).equals(this.#overlap)) return this.#startOver();
    const fresh = chunk.subarray(again, got);
    this.#offset += fresh.length;
    if (fresh.length > 0) this.#overlap = Buffer.from(chunk.subarray(Math.max(0, got - overlapBytes), got));
    return fresh;
  }

  /** Starts over at the beginning of a truncated file; its previous content is lost. */
  #startOver(): Buffer {
    this.#shrunk = true;
    this.#offset = 0;
    this.#lineStart = 0;
    this.#overlap = Buffer.alloc(0);
    return this.#readNext(chunk.length);
  }

  #cutIntoLines(bytes: Buffer): void {
    const offset = this.#offset - bytes.length;
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      this.#emit(bytes.subarray(start, end));
      start = end + 1;
      if (!this.#every) start = startOfReported(bytes, start);
      this.#lineStart = offset + start;
    }
    this.#hold(bytes.subarray(start));
  }

  #hold(bytes: Buffer): void {
    const room = maxLineBytes - this.#heldBytes;
    if (bytes.length > room) this.#cut = true;
    // A copy: the chunk's buffer is reused.
    const kept = Buffer.from(bytes.subarray(0, room));
    if (kept.length > 0) this.#held.push(kept);
    this.#heldBytes += kept.length;
  }

  #emit(end: Buffer): void {
    if (this.#heldBytes === 0 && !this.#cut) {
      this.#onLine({ offset: this.#lineStart, bytes: end, whole: true });
      return;
    }
    this.#hold(end);
    const line = { offset: this.#lineStart, bytes: Buffer.concat(this.#held), whole: !this.#cut };
    this.#held = [];
    this.#heldBytes = 0;
    this.#cut = false;
    this.#onLine(line);
  }
}

/**
 * The start of the next line to report among complete lines: the line before the next one that begins with a brace, or
 * the last line.
 */
function startOfReported(bytes: Buffer, start: number): number {
  let next = bytes.indexOf(brace, start);
  while (next > start && bytes[next - 1] !== newline) next = bytes.indexOf(brace, next + 1);
  if (next === start) return start;
  const end = next === -1 ? bytes.lastIndexOf(newline) : next - 1;
  if (end <= start) return start;
  return Math.max(start, bytes.lastIndexOf(newline, end - 1) + 1);
}
