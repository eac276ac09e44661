/**
 * A text, of one that is longer than `most` characters those, with a sign that there was more: by it a mask knows where a secret
 * may have been cut.
 */
export function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
