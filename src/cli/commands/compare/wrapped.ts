/** Where explanations are broken if they go to a file or a pipe. */
export const longestLine = 110;

/** Breaks lines between words. */
export function wrapped(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => brokenLine(line, width))
    .join('\n');
}

function brokenLine(line: string, width: number): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const end = rest.lastIndexOf(' ', width);
    const cut = end <= 0 ? width : end;
    lines.push(rest.slice(0, cut));
    rest = rest.slice(cut).trimStart();
  }
  return [...lines, rest];
}
