import { signal } from '@preact/signals';

/** The first line of the log that is in view. */
export const topLine = signal<number | undefined>(undefined);

/** The place of a line among sorted lines, or that of the next one that is there. */
export function placeAmong(lines: readonly number[], line: number): number {
  let [from, to] = [0, lines.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((lines[middle] ?? 0) < line) from = middle + 1;
    else to = middle;
  }
  return from;
}

export function isAmong(lines: readonly number[], line: number): boolean {
  return lines[placeAmong(lines, line)] === line;
}
