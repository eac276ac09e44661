import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { unfinishedName } from '../unfinished-name.ts';

/** The number of bytes kept of the beginning, and of the end, of a tool's output. */
const keptBytes = 64 * 1024;
/** The maximum number of bytes of data from a tool. */
export const maxDataBytes = 256 * 1024 * 1024;

/** The beginning and the end of a tool's output, in bounded memory. */
export class ToolOutput {
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #dropped = false;

  /** The total number of bytes. */
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

/** The data from a tool: all of it, up to a limit. */
export class ToolData {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  /** @returns whether it was kept; nothing is kept once the limit is exceeded. */
  add(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > maxDataBytes) return false;
    this.#chunks.push(chunk);
    return true;
  }

  get isTooMuch(): boolean {
    return this.#bytes > maxDataBytes;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** Longer lines, in bytes, are not reported, since they are not messages for people. */
const longestLine = 1024 * 1024;

/** Splits a tool's output into lines, each passed on as soon as it is complete. */
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

/**
 * A file with the complete output of a tool, once it exceeds a size. It is removed with the tool unless `keep` is
 * called.
 */
export class ToolLog implements Disposable {
  readonly #file: string | undefined;
  readonly #partial: string;
  #more: number;
  #before: Buffer[] = [];
  #bytes = 0;
  #fd: number | undefined;

  /** @param more the number of bytes up to which no file is needed. */
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
      // The disk is full; the shown output must do.
      this.#before = [];
      this.#more = Number.POSITIVE_INFINITY;
    }
  }

  /** Renames the file to its final name. @returns the path; undefined if there is no file. */
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
