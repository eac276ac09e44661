/** A text, of one that is longer than `most` characters those, with a sign that there was more. */
export function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
