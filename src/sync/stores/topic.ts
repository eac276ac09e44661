import type { Following, Reader } from '../store.ts';

/** A piece of the log is full with so many messages, or so many characters. */
const full = { messages: 256, characters: 64 * 1024 };

/**
 * A topic: a log of messages (JSON texts) that every subscriber reads at its own pace, from the first. The log is in pieces:
 * whoever has caught up with the beginning of one takes it as it is, and what is made of it for one can be used for all.
 */
export class Topic {
  readonly #pieces: string[][] = [[]];
  /** How many messages are before each piece. */
  readonly #starts: number[] = [0];
  #length = 0;
  /** How many characters the last piece has. */
  #characters = 0;
  /** What was taken last of the last piece, which grows, and where it begins there. */
  #tail: readonly string[] = [];
  #tailFrom = 0;
  readonly #readers = new Set<Reader>();
  /** Those of them who have taken all there was. */
  readonly #idle = new Set<Reader>();

  /** How many messages the log holds. */
  get length(): number {
    return this.#length;
  }

  /** Whether anybody reads here. */
  get read(): boolean {
    return this.#readers.size > 0;
  }

  /** Adds a message at the end. @returns its sequence number, from 1. */
  append(payload: string): number {
    const last = this.#pieces.at(-1) ?? [];
    last.push(payload);
    this.#length++;
    this.#characters += payload.length;
    if (last.length >= full.messages || this.#characters >= full.characters) {
      this.#pieces.push([]);
      this.#starts.push(this.#length);
      this.#characters = 0;
      this.#tail = [];
    }
    if (this.#idle.size > 0) {
      const idle = [...this.#idle];
      this.#idle.clear();
      for (const reader of idle) reader.more();
    }
    return this.#length;
  }

  /** Reads from the first message on, or with the first ones passed over. */
  follow(reader: Reader, from: number): Following {
    let piece = this.#pieceOf(from);
    let at = from - (this.#starts[piece] ?? 0);
    this.#readers.add(reader);
    this.#idle.add(reader);
    return {
      take: () => {
        // One who waits for messages far ahead passes many pieces over.
        if (at >= (this.#sizeOfFull(piece) ?? Number.POSITIVE_INFINITY)) {
          const place = at + (this.#starts[piece] ?? 0);
          piece = this.#pieceOf(place);
          at = place - (this.#starts[piece] ?? 0);
        }
        const batch = this.#batch(piece, at);
        at += batch.length;
        if (batch.length > 0) this.#idle.delete(reader);
        else if (this.#readers.has(reader)) this.#idle.add(reader);
        return batch;
      },
      end: () => {
        this.#readers.delete(reader);
        this.#idle.delete(reader);
      },
    };
  }

  /** Nothing comes any more: all who read are told. */
  close(why: unknown): void {
    const readers = [...this.#readers];
    this.#readers.clear();
    this.#idle.clear();
    for (const reader of readers) reader.fail(why);
  }

  /** The last piece that begins at a message or before it: a search by halves, for a log may have thousands of pieces. */
  #pieceOf(message: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= message) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Undefined for the last piece, which is not full. */
  #sizeOfFull(piece: number): number | undefined {
    return piece < this.#pieces.length - 1 ? this.#pieces[piece]?.length : undefined;
  }

  #batch(piece: number, from: number): readonly string[] {
    const messages = this.#pieces[piece] ?? [];
    if (piece < this.#pieces.length - 1) return from === 0 ? messages : messages.slice(from);
    if (from !== this.#tailFrom || from + this.#tail.length !== messages.length) {
      this.#tail = messages.slice(from);
      this.#tailFrom = from;
    }
    return this.#tail;
  }
}
