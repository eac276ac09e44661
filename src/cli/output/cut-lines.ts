/**
 * Cuts the lines of a text to the width of a terminal.
 * @param width in columns; undefined for any width.
 */
export async function cutLines(text: string, width: number | undefined): Promise<string> {
  if (width === undefined) return text;
  // Loading it takes 20 ms, which only a terminal is worth.
  const { default: cliTruncate } = await import('cli-truncate');
  return text
    .split('\n')
    .map((line) => cliTruncate(line, width))
    .join('\n');
}
