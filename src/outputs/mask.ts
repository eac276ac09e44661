import { open } from 'node:fs/promises';

/** What stands for a secret where people read. */
const shownAs = '***';
const pieceBytes = 1024 * 1024;
const star = '*'.charCodeAt(0);

/** Masks secrets in texts, data and files. In a file each byte of one becomes a star: nothing else moves. */
export class Mask {
  /** Also as JSON has them, from JavaScript and from Go; the longest first, as one may be part of another. */
  readonly #forms: readonly string[];
  readonly #bytes: readonly Buffer[];

  constructor(secrets: Iterable<string>) {
    const forms = new Set(
      [...secrets]
        .filter((secret) => secret !== '')
        .flatMap((secret) => [secret, asJson(secret), asGoJson(secret)]),
    );
    this.#forms = [...forms].sort((a, b) => b.length - a.length);
    this.#bytes = this.#forms.map((form) => Buffer.from(form));
  }

  /** Whether there is nothing to mask. */
  get isEmpty(): boolean {
    return this.#forms.length === 0;
  }

  text(text: string): string {
    return this.#forms.reduce((masked, form) => masked.replaceAll(form, shownAs), text);
  }

  /** All texts in some data, masked; the data itself where there is nothing to mask. */
  data<T>(data: T): T {
    return this.isEmpty ? data : (this.#masked(data) as T);
  }

  #masked(data: unknown): unknown {
    if (typeof data === 'string') return this.text(data);
    if (Array.isArray(data)) return data.map((item) => this.#masked(item));
    if (typeof data !== 'object' || data === null || Object.getPrototypeOf(data) !== Object.prototype)
      return data;
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, this.#masked(value)]));
  }

  /** The bytes of a stream, masked, as many as there were. */
  async *stream(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    // One may be cut by the end of a chunk: so many bytes wait for the next.
    const overlap = Math.max(0, ...this.#bytes.map(({ length }) => length - 1));
    let held = Buffer.alloc(0);
    for await (const chunk of chunks) {
      const bytes = Buffer.concat([held, chunk]);
      this.#cover(bytes);
      const end = Math.max(0, bytes.length - overlap);
      if (end > 0) yield bytes.subarray(0, end);
      held = bytes.subarray(end);
    }
    if (held.length > 0) yield held;
  }

  /** Masks what a file holds, in place; one that is not there is none. */
  async file(path: string): Promise<void> {
    if (this.isEmpty) return;
    const file = await open(path, 'r+').catch(() => undefined);
    if (file === undefined) return;
    await using _ = file;
    let at = 0;
    const chunks = file.createReadStream({ start: 0, autoClose: false, highWaterMark: pieceBytes });
    for await (const bytes of this.stream(chunks)) {
      await file.write(bytes, 0, bytes.length, at);
      at += bytes.length;
    }
  }

  #cover(bytes: Buffer): void {
    for (const form of this.#bytes) {
      for (let at = bytes.indexOf(form); at !== -1; at = bytes.indexOf(form, at + form.length))
        bytes.fill(star, at, at + form.length);
    }
  }
}

function asJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Go's encoder also escapes what HTML would obey (encoding/json, HTMLEscape). */
function asGoJson(text: string): string {
  return asJson(text).replaceAll(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
