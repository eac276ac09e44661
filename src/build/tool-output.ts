import { StringDecoder } from 'node:string_decoder';

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

  add(chunk: Buffer): void {
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
