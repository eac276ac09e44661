/** The limit on characters held for one point: an unclosed quote must not exhaust memory. */
const longestPoint = 1024 * 1024;

/**
 * Joins the lines of points that span several: a newline inside a quoted value, or after a backslash, belongs to the
 * point (docs.influxdata.com, "InfluxDB line protocol reference", 1.8). A quoted value begins after a `=` among the
 * fields; a quote in a name or a tag has no meaning. Visits each character once.
 */
export class PointLines {
  readonly #max: number;
  /** The lines of the incomplete point. */
  #held: string[] = [];
  #heldLength = 0;
  #inFields = false;
  #inText = false;
  /** The index of the held line where the open quoted value begins. */
  #openedIn = 0;

  /** @param max how many characters of one point are held; a longer point is returned line by line. */
  constructor(max = longestPoint) {
    this.#max = max;
  }

  /** @returns the completed points, and lines that belong to none. */
  add(lines: readonly string[]): string[] {
    return lines.flatMap((line) => {
      const goesOn = this.#goesOn(line);
      if (!goesOn && this.#held.length === 0) return [line];
      this.#held.push(line);
      this.#heldLength += line.length + 1;
      if (goesOn && this.#heldLength <= this.#max) return [];
      return goesOn ? this.rest() : [this.#take().join('\n')];
    });
  }

  /**
   * The lines of an incomplete point. Only the line that opens an unterminated quoted value is invalid. The lines after
   * it are parsed again without an open value: they contain no quote, but may contain a backslash.
   */
  rest(): string[] {
    const wrong = this.#inText ? this.#openedIn + 1 : this.#held.length;
    const held = this.#take();
    if (held.length === 0) return [];
    return [held.slice(0, wrong).join('\n'), ...this.add(held.slice(wrong)), ...this.rest()];
  }

  #take(): string[] {
    const held = this.#held;
    this.#held = [];
    this.#heldLength = 0;
    this.#inFields = false;
    this.#inText = false;
    return held;
  }

  /** Whether the point continues after the end of a line. */
  #goesOn(line: string): boolean {
    if (!line.includes('"') && (this.#inText || !line.endsWith('\\'))) return this.#inText;
    if (this.#held.length > 0) return this.#scan(line, 0);
    this.#inFields = false;
    const start = line.search(/\S/);
    const isComment = line[start] === '#';
    return !isComment && this.#scan(line, start);
  }

  #scan(line: string, start: number): boolean {
    let before = '';
    for (let at = start; at < line.length; at++) {
      const character = line[at] ?? '';
      if (character === '\\') {
        before = '';
        at++;
        // It escapes the newline.
        if (at === line.length) return true;
        continue;
      }
      if (this.#inText) this.#inText = character !== '"';
      else if (character === ' ') this.#inFields = true;
      else if (this.#inFields && character === '"' && before === '=') {
        this.#inText = true;
        this.#openedIn = this.#held.length;
      }
      before = character;
    }
    return this.#inText;
  }
}
