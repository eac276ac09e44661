import { availableParallelism } from 'node:os';
import { Transform, type TransformCallback } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** Node compresses on so many threads (UV_THREADPOOL_SIZE has another number). */
const threads = Math.min(availableParallelism(), 4);
/** So many bytes become one member of the file: less compresses worse, more takes more memory. */
const memberBytes = 1024 * 1024;
const compress = promisify(gzip);

/**
 * Gzip on up to four processors: pieces of what is written are compressed at once, each to a member of its own. A file of several
 * members is one file to whoever reads it (RFC 1952, 2.2). The same bytes give the same file, however they come.
 */
export class ParallelGzip extends Transform {
  readonly #width = threads + 1;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Members on their way, in their order. */
  readonly #members: Promise<Buffer>[] = [];

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#add(chunk).then(() => done(), done);
  }

  override _flush(done: TransformCallback): void {
    this.#finish().then(() => done(), done);
  }

  async #add(chunk: Buffer): Promise<void> {
    for (let rest = chunk; rest.length > 0; ) {
      const piece = rest.subarray(0, memberBytes - this.#bytes);
      rest = rest.subarray(piece.length);
      this.#pieces.push(piece);
      this.#bytes += piece.length;
      if (this.#bytes === memberBytes) this.#begin();
    }
    while (this.#members.length >= this.#width) await this.#hand();
  }

  async #finish(): Promise<void> {
    // A file of no member is none.
    if (this.#bytes > 0 || this.#members.length === 0) this.#begin();
    while (this.#members.length > 0) await this.#hand();
  }

  #begin(): void {
    const member = compress(Buffer.concat(this.#pieces));
    // Whoever waits for those before it does not hear of it yet.
    member.catch(() => {});
    this.#members.push(member);
    this.#pieces = [];
    this.#bytes = 0;
  }

  async #hand(): Promise<void> {
    this.push(await this.#members.shift());
  }
}
