import { createHash, type Hash } from 'node:crypto';

const code = (character: string) => character.charCodeAt(0);
const [quote, backslash, colon, comma] = [code('"'), code('\\'), code(':'), code(',')];
const [openBrace, closeBrace, openBracket, closeBracket] = [code('{'), code('}'), code('['), code(']')];
const keyOfTime = Buffer.from('"ts"');
const inNumbers = new Set([...'+-.0123456789eE'].map(code));

/** Computes the digest of a line of any length from pieces of it. */
export interface LineDigest {
  add(bytes: Buffer): void;
  /** Call it once, after all pieces were added. */
  digest(): string;
}

/** A digest of a line's bytes. */
export class BytesDigest implements LineDigest {
  readonly #hash = createHash('sha256');

  add(bytes: Buffer): void {
    this.#hash.update(bytes);
  }

  digest(): string {
    return this.#hash.digest('base64');
  }
}

/**
 * A digest of an event that ignores its time, the number `ts` of the outermost object. For any other line it is the
 * digest of the bytes. It does not buffer the line: balanced quotes and brackets alone decide whether the line is an
 * event.
 */
export class TimelessDigest implements LineDigest {
  readonly #whole = createHash('sha256');
  readonly #timeless = createHash('sha256');
  readonly #scanner = new TimeScanner();
  #isFirst = true;
  #mayBeEvent = false;

  add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (this.#isFirst) this.#mayBeEvent = bytes[0] === openBrace;
    this.#isFirst = false;
    this.#whole.update(bytes);
    if (this.#mayBeEvent) this.#scanner.addWithoutTime(bytes, this.#timeless);
  }

  digest(): string {
    // No line can have the bytes of an event without its time.
    this.#timeless.update('\n');
    const isEvent = this.#mayBeEvent && this.#scanner.isClosed && this.#scanner.hasTime;
    return (isEvent ? this.#timeless : this.#whole).digest('base64');
  }
}

/** Scans a JSON object piece by piece, as far as needed to find the value of its `ts`. */
class TimeScanner {
  /** The number of open brackets. */
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  /** The number of matched bytes of the key; undefined if the current text is not that key. */
  #matched: number | undefined;
  /** What is expected next while the value of the time is read. */
  #time: 'colon' | 'number' | 'more' | undefined;
  #isOver = false;
  #isBroken = false;
  hasTime = false;

  /** Whether all quotes and brackets are closed and nothing follows. */
  get isClosed(): boolean {
    return this.#isOver && !this.#isBroken;
  }

  /** Adds bytes to a hash, except those of the time. */
  addWithoutTime(bytes: Buffer, hash: Hash): void {
    let kept = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (this.#inString) this.#learnInString(byte);
      else if (this.#isOfTime(byte)) {
        if (at > kept) hash.update(bytes.subarray(kept, at));
        kept = at + 1;
      } else this.#learn(byte);
    }
    hash.update(bytes.subarray(kept));
  }

  #isOfTime(byte: number): boolean {
    if (this.#time !== 'number' && this.#time !== 'more') return false;
    if (inNumbers.has(byte)) {
      this.#time = 'more';
      this.hasTime = true;
      return true;
    }
    // Spaces may precede the number; any other byte ends it, or means that the value is not a number.
    if (byte !== 0x20 || this.#time === 'more') this.#time = undefined;
    return false;
  }

  #learnInString(byte: number): void {
    if (this.#matched !== undefined)
      this.#matched = keyOfTime[this.#matched] === byte ? this.#matched + 1 : undefined;
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === backslash) this.#isEscaped = true;
    else if (byte === quote) this.#endString();
  }

  #endString(): void {
    this.#inString = false;
    if (this.#matched === keyOfTime.length) this.#time = 'colon';
    this.#matched = undefined;
  }

  #learn(byte: number): void {
    if (this.#isOver) this.#isBroken ||= byte !== 0x20 && byte !== 0x0d;
    switch (byte) {
      case quote:
        this.#inString = true;
        // A string value may have this text, too: then no colon follows.
        this.#matched = this.#depth === 1 ? 1 : undefined;
        break;
      case colon:
        this.#time = this.#time === 'colon' ? 'number' : undefined;
        break;
      case comma:
        this.#time = undefined;
        break;
      case openBrace:
      case openBracket:
        this.#depth++;
        break;
      case closeBrace:
      case closeBracket:
        this.#depth--;
        this.#isOver ||= this.#depth === 0;
        break;
    }
  }
}
