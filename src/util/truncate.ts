/**
 * Truncates a text to at most `most` characters and marks the cut with an ellipsis. A mask uses the mark to recognize
 * where a secret may have been cut.
 */
export function truncate(text: string, most: number): string {
  return text.length > most ? `${beginningOf(text, most)}…` : text;
}

/** The first `most` characters of a text, for storage. */
export function beginningOf(text: string, most: number): string {
  return text.length > most ? copyOf(text.slice(0, most)) : text;
}

/** Copies a part of a text for storage: V8 keeps the whole text in memory while the part itself is referenced. */
export function copyOf(part: string): string {
  return JSON.parse(JSON.stringify(part)) as string;
}
