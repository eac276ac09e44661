/**
 * Truncates a text to at most `max` characters and marks the cut with an ellipsis. A mask uses the mark to recognize
 * where a secret may have been cut.
 */
export function truncate(text: string, max: number): string {
  return text.length > max ? `${beginningOf(text, max)}…` : text;
}

/** The first `max` characters of a text, for storage. */
export function beginningOf(text: string, max: number): string {
  return text.length > max ? copyOf(text.slice(0, max)) : text;
}

/** Copies a part of a text for storage: V8 keeps the whole text in memory while the part itself is referenced. */
export function copyOf(part: string): string {
  return JSON.parse(JSON.stringify(part)) as string;
}
