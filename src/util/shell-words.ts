const wordPart = /"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\]/.source;
const words = new RegExp(`(?:${wordPart})+`, 'gs');
const whole = new RegExp(`^(?:\\s|${wordPart})*$`, 's');

/**
 * Splits a line into words as a shell does: at spaces, unless quoted or escaped with a backslash. Does not expand
 * anything.
 * @returns undefined if a quote is not closed.
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
