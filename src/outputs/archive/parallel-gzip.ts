import { availableParallelism } from 'node:os';
import { Transform, type TransformCallback } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** Node compresses on four threads by default (UV_THREADPOOL_SIZE changes that). */
const threads = Math.min(availableParallelism(), 4);
/** The uncompressed size of a gzip member: smaller ones compress worse, larger ones take more memory. */
const memberBytes = 1024 * 1024;
const compress = promisify(gzip);

/**
 * Gzip on up to four processors: pieces of the input are compressed concurrently, each to its own member. Readers treat
 * several members as one file (RFC 1952, 2.2). Equal bytes give equal files, regardless of chunking.
 */
export class ParallelGzip extends Transform {
  readonly #width = threads + 1;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Members in progress, in order. */
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
    // A file without members is not valid gzip.
    if (this.#bytes > 0 || this.#members.length === 0) this.#begin();
    while (this.#members.length > 0) await this.#hand();
  }

  #begin(): void {
    const member = compress(Buffer.concat(this.#pieces));
    // Members before this one may still be awaited: this avoids an unhandled rejection.
    member.catch(() => {});
    this.#members.push(member);
    this.#pieces = [];
    this.#bytes = 0;
  }

  async #hand(): Promise<void> {
    this.push(await this.#members.shift());
  }
}
