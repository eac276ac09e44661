import type { Following, Reader } from '../store.ts';

/** The size of a full log segment, in messages or characters. */
const full = { messages: 256, characters: 64 * 1024 };

/**
 * A topic: a log of messages (JSON texts) that every subscriber reads at its own pace, from the first. The log consists
 * of segments: readers at the start of a segment get the same array, so that data derived from it for one reader can
 * be reused for all.
 */
export class Topic {
  readonly #pieces: string[][] = [[]];
  /** The number of messages before each segment. */
  readonly #starts: number[] = [0];
  #length = 0;
  /** The length of the last segment, in characters. */
  #characters = 0;
  /** The slice last taken from the last, growing segment, and its start there. */
  #tail: readonly string[] = [];
  #tailFrom = 0;
  readonly #readers = new Set<Reader>();
  /** The readers that have taken all messages. */
  readonly #idle = new Set<Reader>();

  /** The number of messages in the log. */
  get length(): number {
    return this.#length;
  }

  /** Whether the topic has readers. */
  get read(): boolean {
    return this.#readers.size > 0;
  }

  /** Appends a message. @returns its sequence number, from 1. */
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

  /** Reads from the first message, or skips the first `from` messages. */
  follow(reader: Reader, from: number): Following {
    let piece = this.#pieceOf(from);
    let at = from - (this.#starts[piece] ?? 0);
    this.#readers.add(reader);
    this.#idle.add(reader);
    return {
      take: () => {
        // A reader that waits for messages far ahead skips many segments.
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

  /** Fails all readers: the store is closed. */
  close(why: unknown): void {
    const readers = [...this.#readers];
    this.#readers.clear();
    this.#idle.clear();
    for (const reader of readers) reader.fail(why);
  }

  /**
   * The last segment that starts at or before a message. Uses a binary search: a log may have thousands of segments.
   */
  #pieceOf(message: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= message) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Undefined for the last segment, which is not full. */
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
