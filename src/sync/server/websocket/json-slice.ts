/**
 * Returns the text of the value at `path` in a JSON object exactly as written: JSON.parse and JSON.stringify would
 * round integers beyond 2^53. If a key repeats, the last one counts, as with JSON.parse.
 * @param json valid JSON; the result for invalid JSON is unspecified.
 * @returns undefined if there is no value at that path.
 */
export function sliceJson(json: string, path: readonly string[]): string | undefined {
  let span: Span | undefined = { start: skipSpace(json, 0), end: json.length };
  for (const key of path) {
    span = memberOf(json, span.start, key);
    if (span === undefined) return undefined;
  }
  return json.slice(span.start, span.end);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function memberOf(json: string, start: number, key: string): Span | undefined {
  if (json[start] !== '{') return undefined;
  let found: Span | undefined;
  let at = skipSpace(json, start + 1);
  while (at < json.length && json[at] !== '}') {
    const keyEnd = endOfString(json, at);
    const name: unknown = JSON.parse(json.slice(at, keyEnd));
    const valueStart = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const valueEnd = endOfValue(json, valueStart);
    if (name === key) found = { start: valueStart, end: valueEnd };
    at = skipSpace(json, valueEnd);
    if (json[at] === ',') at = skipSpace(json, at + 1);
  }
  return found;
}

function endOfValue(json: string, start: number): number {
  const first = json[start];
  if (first === '"') return endOfString(json, start);
  if (first === '{' || first === '[') return endOfNested(json, start);
  let at = start;
  while (at < json.length && !',}] \t\r\n'.includes(json[at] ?? '')) at++;
  return at;
}

function endOfNested(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; ) {
    const character = json[at];
    if (character === '"') {
      at = endOfString(json, at);
      continue;
    }
    if (character === '{' || character === '[') depth++;
    if (character === '}' || character === ']') depth--;
    at++;
    if (depth === 0) return at;
  }
  return json.length;
}

function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

function skipSpace(json: string, start: number): number {
  let at = start;
  while (' \t\r\n'.includes(json[at] ?? '-')) at++;
  return at;
}
