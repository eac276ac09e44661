import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { unfinishedName } from '../unfinished-name.ts';

/** How many bytes of the beginning, and of the end, of what a tool says are kept. */
const keptBytes = 64 * 1024;
/** How many bytes of data a tool may write. */
const mostData = 256 * 1024 * 1024;

/** The words of a tool: their beginning and their end. Memory does not grow with what it says. */
export class ToolWords {
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #dropped = false;

  /** How many there were. */
  bytes = 0;

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    const room = keptBytes - this.#headBytes;
    const first = chunk.subarray(0, room);
    if (first.length > 0) {
      this.#head.push(first);
      this.#headBytes += first.length;
    }
    const rest = chunk.subarray(first.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    while (this.#tailBytes - (this.#tail[0]?.length ?? 0) >= keptBytes) {
      this.#tailBytes -= this.#tail.shift()?.length ?? 0;
      this.#dropped = true;
    }
  }

  get text(): string {
    const [head, tail] = [Buffer.concat(this.#head), Buffer.concat(this.#tail)];
    if (!this.#dropped) return Buffer.concat([head, tail]).toString();
    return `${head.toString()}\n…\n${tail.toString()}`;
  }
}

/** What a tool writes for tg: all of it, up to a limit. */
export class ToolData {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  /** @returns whether it was kept; nothing is, once there is too much. */
  add(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > mostData) return false;
    this.#chunks.push(chunk);
    return true;
  }

  get isTooMuch(): boolean {
    return this.#bytes > mostData;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** A line that is longer is not told: it is no words for people. */
const longestLine = 1024 * 1024;

/** The lines of a tool, each as soon as it is complete. */
export class ToolLines {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #begun = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(chunk: Buffer): void {
    const lines = (this.#begun + this.#decoder.write(chunk)).split('\n');
    const begun = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
    this.#begun = begun.length > longestLine ? '' : begun;
  }
}

/** A file with all that a tool says, once that is more than some bytes. It goes with the tool, unless it is to be kept. */
export class ToolLog implements Disposable {
  readonly #file: string | undefined;
  readonly #partial: string;
  #more: number;
  #before: Buffer[] = [];
  #bytes = 0;
  #fd: number | undefined;

  /** @param more what is not more than so many bytes needs no file. */
  constructor(file: string | undefined, more: number) {
    this.#file = file;
    this.#partial = unfinishedName(file ?? '');
    this.#more = more;
  }

  add(chunk: Buffer): void {
    if (this.#file === undefined) return;
    this.#bytes += chunk.length;
    if (this.#fd === undefined) this.#before.push(chunk);
    if (this.#bytes <= this.#more) return;
    try {
      this.#fd ??= openSync(this.#partial, 'wx', 0o600);
      for (const each of this.#before.length > 0 ? this.#before : [chunk]) writeSync(this.#fd, each);
      this.#before = [];
    } catch {
      // A full disk: what is shown has to do.
      this.#before = [];
      this.#more = Number.POSITIVE_INFINITY;
    }
  }

  /** Gives the file its name. @returns it; undefined where there is none. */
  keep(): string | undefined {
    if (this.#fd === undefined || this.#file === undefined) return undefined;
    try {
      renameSync(this.#partial, this.#file);
      return this.#file;
    } catch {
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    rmSync(this.#partial, { force: true });
  }
}
