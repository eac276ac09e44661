import type { Writable } from 'node:stream';

/** Batches the writes of one turn of the event loop: waking a reader costs more than writing. */
export class BatchedWriter {
  readonly #stream: Writable;
  #text = '';

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  write(text: string): void {
    if (this.#text === '') setImmediate(() => this.flush());
    this.#text += text;
  }

  flush(): void {
    if (this.#text === '') return;
    this.#stream.write(this.#text);
    this.#text = '';
  }
}
