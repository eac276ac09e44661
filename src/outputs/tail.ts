import { closeSync, constants, fchmodSync, fstatSync, readSync, type Stats } from 'node:fs';
import { copyBack, displacement } from './kept-file.ts';
import { openRegular } from './untrusted-file.ts';

/** A line of output. */
export interface Line {
  /** The line without its end, or, of a very long one, its first `maxLineBytes` bytes. */
  readonly bytes: Buffer;
  /** Whether `bytes` is all of it. */
  readonly whole: boolean;
}

/** More than so much of one line is not held in memory; the file has all of it. */
export const maxLineBytes = 1024 * 1024;

/** So many bytes before the new ones are read again: where they changed, the file was truncated and has grown anew. */
const overlapBytes = 32;
const ownersMode = 0o600;
const chunk = Buffer.allocUnsafe(256 * 1024);
const newline = 0x0a;
const brace = 0x7b;

/** How a file is opened that is followed; `make` makes one that is not there yet, `new` nothing else. */
const flagsOf = {
  read: constants.O_RDONLY,
  make: constants.O_RDWR | constants.O_APPEND | constants.O_CREAT,
  new: constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL,
} as const;

/** How a file is followed. */
export interface TailOptions {
  readonly open?: keyof typeof flagsOf;
  /**
   * Whether every line is handed out. Otherwise those are that may be an event, which are JSON objects, the line before each
   * of them, and the last of what was read at once: ten times as fast.
   */
  readonly every?: boolean;
}

/** Follows a growing file that somebody else writes, and cuts it into lines. Memory does not grow with the file. */
export class Tail implements Disposable {
  readonly #fd: number;
  readonly #onLine: (line: Line) => void;
  readonly #every: boolean;
  #offset = 0;
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

  /** Whether the file became shorter than what was read of it: somebody truncated it, and lines are lost. */
  get shrunk(): boolean {
    return this.#shrunk;
  }

  /**
   * Reads what has been added, at most `budget` bytes (a piece of a file that has been truncated, in any case).
   * @returns the number of bytes read; 0 at the end of what is there.
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

  /** What the file is now, whatever has its name. */
  get stats(): Stats {
    return fstatSync(this.#fd);
  }

  /** How long the file is now, in bytes. */
  get size(): number {
    return this.stats.size;
  }

  /** How much of the file has been read, in bytes. */
  get read(): number {
    return this.#offset;
  }

  /**
   * Puts the file, as a copy, back under a name that it does not have any more; what stands there is set aside.
   * @returns what had become of it, in words; undefined where it has its name.
   */
  async putBackAt(path: string): Promise<string | undefined> {
    const how = displacement(this.#fd, path);
    if (how !== undefined) await copyBack(this.#fd, path);
    return how;
  }

  /** Lets its owner read and write it, whatever an instance has made of that. */
  allow(): void {
    const { mode } = this.stats;
    if ((mode & ownersMode) !== ownersMode) fchmodSync(this.#fd, (mode & 0o777) | ownersMode);
  }

  /** Hands out a last line that has no end. Call it once, after the writer has gone and all is read. */
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

  /** What the file holds now is read from its beginning; what it held before is lost. */
  #startOver(): Buffer {
    this.#shrunk = true;
    this.#offset = 0;
    this.#overlap = Buffer.alloc(0);
    return this.#readNext(chunk.length);
  }

  #cutIntoLines(bytes: Buffer): void {
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      this.#emit(bytes.subarray(start, end));
      start = end + 1;
      if (!this.#every) start = startOfTelling(bytes, start);
    }
    this.#hold(bytes.subarray(start));
  }

  #hold(bytes: Buffer): void {
    const room = maxLineBytes - this.#heldBytes;
    if (bytes.length > room) this.#cut = true;
    // A copy: the chunk is read into again.
    const kept = Buffer.from(bytes.subarray(0, room));
    if (kept.length > 0) this.#held.push(kept);
    this.#heldBytes += kept.length;
  }

  #emit(end: Buffer): void {
    if (this.#heldBytes === 0 && !this.#cut) {
      this.#onLine({ bytes: end, whole: true });
      return;
    }
    this.#hold(end);
    const line = { bytes: Buffer.concat(this.#held), whole: !this.#cut };
    this.#held = [];
    this.#heldBytes = 0;
    this.#cut = false;
    this.#onLine(line);
  }
}

/**
 * Where the next line begins that is to be handed out, of those that are whole: the one before the next that begins with a
 * brace, or the last.
 */
function startOfTelling(bytes: Buffer, start: number): number {
  let next = bytes.indexOf(brace, start);
  while (next > start && bytes[next - 1] !== newline) next = bytes.indexOf(brace, next + 1);
  if (next === start) return start;
  const end = next === -1 ? bytes.lastIndexOf(newline) : next - 1;
  if (end <= start) return start;
  return Math.max(start, bytes.lastIndexOf(newline, end - 1) + 1);
}
