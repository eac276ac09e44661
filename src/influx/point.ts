/** A point of InfluxDB's line protocol as written: names and values keep their escapes and quotes. */
export interface Point {
  readonly measurement: string;
  readonly tags: readonly Pair[];
  readonly fields: readonly Pair[];
  readonly timestamp: bigint | undefined;
  /** The end of the fields. */
  readonly end: number;
}

type Pair = readonly [key: string, value: string];

/** @returns undefined for an invalid line. */
export function readPoint(line: string): Point | undefined {
  const tags: Pair[] = [];
  const fields: Pair[] = [];
  const named = wordEnd(line, 0, ' ,');
  const tagged = tagsEnd(line, named, tags);
  if (tagged === undefined || line[tagged] !== ' ') return undefined;
  const end = pairsEnd(line, skipSpaces(line, tagged), valueEnd, fields);
  if (end === undefined) return undefined;
  const behind = /^(?: +(-?\d{1,19}))? *$/.exec(line.slice(end));
  if (behind === null) return undefined;
  const [, digits] = behind;
  const timestamp = digits === undefined ? undefined : BigInt(digits);
  return { measurement: line.slice(0, named), tags, fields, timestamp, end };
}

function tagsEnd(line: string, named: number | undefined, into: Pair[]): number | undefined {
  if (named === undefined || line[named] !== ',') return named;
  return pairsEnd(line, named + 1, (text, from) => wordEnd(text, from, ' ,='), into);
}

/** Adds a tag to a point, unless it has one of that name. @param value without characters that need escaping. */
export function withTag(line: string, key: string, value: string): string {
  const tags: Pair[] = [];
  const end = tagsEnd(line, wordEnd(line, 0, ' ,'), tags);
  if (end === undefined || tags.some(([known]) => known === key)) return line;
  return `${line.slice(0, end)},${key}=${value}${line.slice(end)}`;
}

/** Removes the escapes from a name or a tag value. */
export function unescaped(word: string): string {
  return word.replaceAll(/\\([,= ])/g, '$1');
}

/** The position after a quoted value; undefined if it is not terminated. */
function textEnd(line: string, start: number): number | undefined {
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '"') return at + 1;
  }
  return undefined;
}

/** The parser rules: each returns the position after the text that it matched, or undefined. */
function wordEnd(line: string, start: number, ends: string): number | undefined {
  let at = start;
  for (; at < line.length && !ends.includes(line[at] ?? ''); at++) if (line[at] === '\\') at++;
  return at > start && at <= line.length ? at : undefined;
}

function valueEnd(line: string, start: number): number | undefined {
  return line[start] === '"' ? textEnd(line, start) : wordEnd(line, start, ' ,="');
}

/** `key=value,key=value` */
function pairsEnd(line: string, start: number, value: typeof valueEnd, into: Pair[]): number | undefined {
  for (let at = start; ; at++) {
    const key = wordEnd(line, at, ' ,=');
    if (key === undefined || line[key] !== '=') return undefined;
    const end = value(line, key + 1);
    if (end === undefined) return undefined;
    into.push([line.slice(at, key), line.slice(key + 1, end)]);
    at = end;
    if (line[at] !== ',') return at;
  }
}

function skipSpaces(line: string, start: number): number {
  let at = start;
  while (line[at] === ' ') at++;
  return at;
}
