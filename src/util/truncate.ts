/**
 * A text, of one that is longer than `most` characters those, with a sign that there was more: by it a mask knows where a secret
 * may have been cut.
 */
export function truncate(text: string, most: number): string {
  return text.length > most ? `${beginningOf(text, most)}…` : text;
}

/** The first `most` characters of a text, for keeping. */
export function beginningOf(text: string, most: number): string {
  return text.length > most ? copyOf(text.slice(0, most)) : text;
}

/** A copy of a part of a text, for keeping: while the part itself is kept, V8 keeps all of the text. */
export function copyOf(part: string): string {
  return JSON.parse(JSON.stringify(part)) as string;
}
