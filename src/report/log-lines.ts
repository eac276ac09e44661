import { beginningOf } from '../util/truncate.ts';
import { type LineKind, type Log, lineKinds } from './data.ts';

/** The limits of the log in a page, which is a single file with a single table; the outputs have the rest. */
const limits = { lines: 60_000, characters: 12_000_000, ofLine: 4_000 } as const;
/** The minimum number of lines kept of each instance. */
const leastLines = 60;

interface Line {
  readonly at: number;
  readonly of: number;
  readonly kind: LineKind;
  readonly text: string;
  /** Its index in the order of arrival. */
  readonly place: number;
}

/**
 * Keeps the lines of a run. Each source has an equal share; of a source that exceeds it, the first and the last
 * lines are kept.
 */
export class LogLines {
  readonly #share: { readonly lines: number; readonly characters: number };
  readonly #of = new Map<number, FirstAndLast>();
  #place = 0;

  /** @param sources the number of sources that share the limit. */
  constructor(sources: number) {
    this.#share = {
      lines: Math.max(leastLines, Math.floor(limits.lines / sources)),
      characters: Math.max(leastLines * 200, Math.floor(limits.characters / sources)),
    };
  }

  /** @param of the index of the instance, -1 for tg. */
  add(of: number, at: number, kind: LineKind, text: string): void {
    let lines = this.#of.get(of);
    if (lines === undefined) {
      lines = new FirstAndLast(this.#share);
      this.#of.set(of, lines);
    }
    const short = text.length <= limits.ofLine ? text : `${beginningOf(text, limits.ofLine)}… (a long line)`;
    lines.add({ at, of, kind, text: short, place: this.#place++ });
  }

  /** The number of lines left out. */
  get left(): number {
    return [...this.#of.values()].reduce((sum, { left }) => sum + left, 0);
  }

  log(): Log {
    const lines = [...this.#of.values()].flatMap((each) => each.lines());
    lines.sort((a, b) => a.at - b.at || a.place - b.place);
    return {
      at: lines.map(({ at }) => at),
      of: lines.map(({ of }) => of),
      kind: lines.map(({ kind }) => lineKinds.indexOf(kind)),
      text: lines.map(({ text }) => text),
    };
  }
}

/** Keeps the first and the last lines of one source, with half of its share for each. */
class FirstAndLast {
  readonly #room: { readonly lines: number; readonly characters: number };
  readonly #first: Line[] = [];
  #firstCharacters = 0;
  #isFull = false;
  /** The last lines, which begin at `#from`. */
  #last: Line[] = [];
  #from = 0;
  #lastCharacters = 0;
  left = 0;

  constructor({ lines, characters }: { readonly lines: number; readonly characters: number }) {
    this.#room = { lines: lines / 2, characters: characters / 2 };
  }

  add(line: Line): void {
    const { lines, characters } = this.#room;
    this.#isFull ||= this.#first.length >= lines || this.#firstCharacters + line.text.length > characters;
    if (!this.#isFull) {
      this.#first.push(line);
      this.#firstCharacters += line.text.length;
      return;
    }
    this.#last.push(line);
    this.#lastCharacters += line.text.length;
    while (this.#last.length - this.#from > lines || this.#lastCharacters > characters) this.#drop();
    if (this.#from > lines) {
      this.#last = this.#last.slice(this.#from);
      this.#from = 0;
    }
  }

  #drop(): void {
    this.#lastCharacters -= this.#last[this.#from]?.text.length ?? 0;
    this.#from++;
    this.left++;
  }

  /** Returns the lines, with a note where some are left out. */
  lines(): readonly Line[] {
    const last = this.#last.slice(this.#from);
    const before = this.#first.at(-1) ?? last[0];
    if (this.left === 0 || before === undefined) return [...this.#first, ...last];
    const text = `… ${this.left} lines are left out here: tg logs shows them`;
    return [...this.#first, { ...before, kind: 'NOTE', text, place: before.place + 0.5 }, ...last];
  }
}
