const wordPart = /"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\]/.source;
const words = new RegExp(`(?:${wordPart})+`, 'gs');
const whole = new RegExp(`^(?:\\s|${wordPart})*$`, 's');

/**
 * The words of a line as a shell takes them apart: at spaces, unless in quotes or behind a backslash. Nothing is expanded.
 * @returns undefined where a quote is not closed.
 */
export function shellWords(line: string): string[] | undefined {
  if (!whole.test(line)) return undefined;
  return (line.match(words) ?? []).map((word) =>
    word.replace(
      /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/gs,
      (_, double?: string, single?: string, one?: string) =>
        double === undefined ? (single ?? one ?? '') : double.replace(/\\(["\\$`])/g, '$1'),
    ),
  );
}
