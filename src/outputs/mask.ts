import { close, constants, createReadStream, write } from 'node:fs';
import { promisify } from 'node:util';
import { allowOwner, openRegular, unshare, whatIsAt } from './untrusted-file.ts';

/** Replaces a secret in text for people. */
const shownAs = '***';
/** Shorter lines of a secret are not masked: they occur everywhere. */
const shortestLine = 4;

const pieceBytes = 1024 * 1024;
const writeAt = promisify(write);
const closed = promisify(close);
const star = '*'.charCodeAt(0);

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Marks where a text was truncated; it may follow half of a split character. */
const cut = '…';
const halfCharacter = '\uFFFD';
/** The shortest beginning of a secret before a cut that is masked, in characters. */
const shortestBeginning = 4;

/**
 * Masks secrets in texts, data and files. In a file each byte of a secret becomes a star, so that offsets do not
 * change.
 */
export class Mask {
  /** Includes each line by itself, and the forms escaped as JSON. */
  readonly #forms: readonly string[];
  readonly #bytes: readonly Buffer[];

  constructor(secrets: Iterable<string>) {
    const whole = [...secrets].filter((secret) => secret !== '');
    const lines = whole
      .flatMap((secret) => secret.split(/\r?\n/))
      .filter((line) => line.length >= shortestLine);
    this.#forms = [...new Set([...whole, ...lines].flatMap(formsOf))];
    this.#bytes = this.#forms.map((form) => Buffer.from(form));
  }

  /** Whether there is nothing to mask. */
  get isEmpty(): boolean {
    return this.#forms.length === 0;
  }

  text(text: string): string {
    const whole = this.#forms.flatMap((form) => spansOf(form, (from) => text.indexOf(form, from)));
    const spans = joined([...whole, ...this.#beginningsIn(text)]);
    let masked = '';
    let at = 0;
    for (const { start, end } of spans) {
      masked += text.slice(at, start) + shownAs;
      at = end;
    }
    return at === 0 ? text : masked + text.slice(at);
  }

  /** The beginnings of secrets that were truncated. */
  #beginningsIn(text: string): Span[] {
    const cuts = this.isEmpty ? [] : cutsIn(text);
    return this.#forms.flatMap((form) => beginningsOf(form, text, cuts));
  }

  /** Masks all texts and numbers in some data, as JSON has it. Returns the data itself if there is nothing to mask. */
  data<T>(data: T): T {
    return this.isEmpty ? data : (this.#masked(data) as T);
  }

  #masked(data: unknown): unknown {
    if (typeof data === 'string') return this.text(data);
    if (typeof data === 'number') return this.text(String(data)) === String(data) ? data : shownAs;
    if (Array.isArray(data)) return data.map((item) => this.#masked(item));
    if (typeof data !== 'object' || data === null) return data;
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [this.text(key), this.#masked(value)]),
    );
  }

  /** Masks the bytes of a stream; its length does not change. */
  async *stream(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    // The end of a chunk may split a secret: this many bytes are held back unmasked for the next chunk.
    const overlap = Math.max(0, ...this.#bytes.map(({ length }) => length - 1));
    let held = Buffer.alloc(0);
    /** How many of the held-back bytes belong to a secret that began before them. */
    let covered = 0;
    for await (const chunk of chunks) {
      const bytes = Buffer.concat([held, chunk]);
      const ready = Math.max(0, bytes.length - overlap);
      const spans = this.#spansIn(bytes, covered).filter(({ start }) => start < ready);
      held = Buffer.from(bytes.subarray(ready));
      covered = Math.max(0, (spans.at(-1)?.end ?? 0) - ready);
      if (ready > 0) yield starred(bytes, spans).subarray(0, ready);
    }
    if (held.length > 0) yield starred(held, this.#spansIn(held, covered));
  }

  /**
   * Masks a file in place. Skips anything that is not a file, and leaves other hard links to it unchanged.
   * @throws the system's error if that fails.
   */
  async file(path: string): Promise<void> {
    if (this.isEmpty || !whatIsAt(path)?.isFile()) return;
    await unshare(path);
    allowOwner(path);
    const fd = openRegular(path, constants.O_RDWR);
    try {
      let at = 0;
      const chunks = createReadStream('', { fd, start: 0, autoClose: false, highWaterMark: pieceBytes });
      for await (const bytes of this.stream(chunks)) {
        await writeAt(fd, bytes, 0, bytes.length, at);
        at += bytes.length;
      }
    } finally {
      await closed(fd);
    }
  }

  /** @param covered how many bytes at the beginning belong to a secret that began earlier. */
  #spansIn(bytes: Buffer, covered: number): Span[] {
    const found = this.#bytes.flatMap((form) => spansOf(form, (from) => bytes.indexOf(form, from)));
    return joined([...(covered > 0 ? [{ start: 0, end: covered }] : []), ...found]);
  }
}

/** Every occurrence of a form, including overlapping ones: one may be part of another. */
function spansOf({ length }: { readonly length: number }, indexFrom: (from: number) => number): Span[] {
  const spans: Span[] = [];
  for (let at = indexFrom(0); at !== -1; at = indexFrom(at + 1)) spans.push({ start: at, end: at + length });
  return spans;
}

/** The positions where a text was truncated, in order. */
function cutsIn(text: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(cut); at !== -1; at = text.indexOf(cut, at + 1)) {
    let end = at;
    while (text[end - 1] === halfCharacter) end--;
    found.push(end);
  }
  return found;
}

/**
 * The longest beginning of a form before each cut. Visits each character once, for forms of any length and any number
 * of cuts (Knuth, Morris, Pratt).
 */
function beginningsOf(form: string, text: string, cuts: readonly number[]): Span[] {
  if (cuts.length === 0 || !text.includes(form.slice(0, shortestBeginning))) return [];
  const borders = bordersOf(form);
  const spans: Span[] = [];
  /** How many characters before `at` match a beginning of the form. */
  let length = 0;
  let at = 0;
  for (const end of cuts) {
    for (; at < end; at++) length = longer(form, borders, length, text[at]);
    if (length >= shortestBeginning) spans.push({ start: end - length, end });
  }
  return spans;
}

/** For each prefix of a form, by length: the length of its longest proper suffix that is also a prefix. */
function bordersOf(form: string): number[] {
  const borders = [0, 0];
  for (let at = 1; at < form.length; at++) borders.push(longer(form, borders, borders[at] ?? 0, form[at]));
  return borders;
}

/** The length of the matched prefix of a form after one more character. */
function longer(form: string, borders: readonly number[], before: number, added: string | undefined): number {
  let length = before;
  while (length > 0 && form[length] !== added) length = borders[length] ?? 0;
  return form[length] === added ? length + 1 : 0;
}

/** Sorts spans and merges overlapping ones. */
function joined(spans: readonly Span[]): Span[] {
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

function starred(bytes: Buffer, spans: readonly Span[]): Buffer {
  for (const { start, end } of spans) bytes.fill(star, start, Math.min(end, bytes.length));
  return bytes;
}

/**
 * The forms of a secret: plain, as a metric tag, and escaped as JSON by JavaScript, by Go (which escapes HTML
 * characters), and as ASCII only.
 */
function formsOf(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const escaped = (form: string, which: RegExp, hex = (code: string) => code) =>
    form.replaceAll(which, (unit) => `\\u${hex(unit.charCodeAt(0).toString(16).padStart(4, '0'))}`);
  const ascii = /[\u007f-\uffff]/g;
  return [
    ...[text, json, json.replaceAll('/', '\\/')],
    escaped(json, /[<>&\u2028\u2029]/g),
    escaped(json, ascii),
    escaped(json, ascii, (code) => code.toUpperCase()),
    // Escaped as names and tag values in InfluxDB's line protocol.
    text.replaceAll(/[,= ]/g, '\\$&'),
  ];
}
